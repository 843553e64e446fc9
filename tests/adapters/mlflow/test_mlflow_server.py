"""The MLflow server beside us: adopted, restarted, ended, and a stranger's process left alone."""

import asyncio
import contextlib
import os
import socket
import stat
import time
from pathlib import Path

import aiohttp
import msgspec
import psutil
import pytest

from adapters.mlflow.blocking import ENVIRONMENT, FOREIGN, configure, of_mlflow
from adapters.mlflow.command import OWNER, environment, open_log, webhook_key
from adapters.mlflow.server import MLflowServer
from adapters.mlflow.webhooks import install
from core.errors import InterruptedWorkError, SettingsError, UnavailableError
from tests.adapters.mlflow.conftest import Adopted
from tests.adapters.mlflow.workbench import MlflowBench
from tests.adapters.model_registry_contract import FIRST


def _state(home: Path) -> dict[str, object]:
    return msgspec.json.decode((home / "mlflow" / "server.json").read_bytes())


def _processes(home: Path) -> list[psutil.Process]:
    mark = str(home.resolve() / "mlflow")
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(OWNER) == mark:
                found.append(process)
        except psutil.Error:
            continue
    return found


async def _started(home: Path) -> list[psutil.Process]:
    """While a new process is being loaded, its environment is empty for a moment."""
    async with asyncio.timeout(30):
        while not (found := _processes(home)):  # noqa: ASYNC110 - another process shows it
            await asyncio.sleep(0.01)
    return found


async def _ended(process: psutil.Process) -> None:
    """On a busy machine a signal takes its time."""
    with contextlib.suppress(psutil.NoSuchProcess):
        async with asyncio.timeout(30):
            while process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


def _port_that_nobody_uses() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


async def _get(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status


def test_an_orphan_of_our_own_is_adopted(adopted: Adopted):
    assert adopted.was_adopted
    assert adopted.server.uri == adopted.uri_before


async def test_only_this_computer_and_its_own_names_are_served(adopted: Adopted):
    experiments = f"{adopted.server.uri}/api/2.0/mlflow/experiments/search?max_results=1"
    assert await _get(experiments) == 200
    assert await _get(experiments, Host="evil.example") == 403
    listening = {
        connection.laddr.ip
        for process in _processes(adopted.home)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


async def test_a_client_waits_quietly_while_its_own_server_starts(tmp_path: Path):
    """What is asked before the first answer is no trouble; what is asked later is."""
    begun, asked = asyncio.Event(), list[str]()
    client = of_mlflow(lambda: asked, threads=1, begun=lambda: _wait(begun))
    asking = asyncio.create_task(client.ask(lambda names: names.append("now")))
    await asyncio.sleep(0)
    assert asked == []
    begun.set()
    await asking
    assert asked == ["now"]
    await client.close()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def test_nobody_waits_for_the_first_start_of_a_server_when_we_end(tmp_path: Path):
    server = MLflowServer(tmp_path)
    await server.start()
    waiting = asyncio.create_task(server.begun())
    await asyncio.sleep(0)
    server.hurry()
    with pytest.raises(InterruptedWorkError):
        await waiting
    await server.stop()


async def test_a_server_has_begun_when_it_has_answered_once(adopted: Adopted, tmp_path: Path):
    await adopted.server.begun()
    never_started = MLflowServer(tmp_path)
    with pytest.raises(UnavailableError, match="not started yet"):
        await never_started.begun()


@pytest.mark.parametrize("place", ["mlflow", "mlflow/server.log", "mlflow/webhook.key"])
async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path, place: str):
    wrong = tmp_path / place
    wrong.parent.mkdir(exist_ok=True)
    if place == "mlflow":
        wrong.touch()
    else:
        wrong.mkdir()
    with pytest.raises(SettingsError, match=r"mlflow, cannot be used \(.*Nothing was started"):
        await MLflowServer(tmp_path).start()


def test_what_a_shell_has_set_for_other_servers_is_taken_out():
    environ = {
        "MLFLOW_TRACKING_URI": "databricks",
        "MLFLOW_TRACKING_TOKEN": "hush",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "900",
        "DATABRICKS_HOST": "https://adb.bank.example",
        "PATH": "/bin",
    }
    configure(environ)
    left = {name: value for name, value in environ.items() if name.startswith(FOREIGN)}
    assert (left, environ["PATH"]) == (dict(ENVIRONMENT), "/bin")


async def test_a_healthy_server_is_left_alone(adopted: Adopted):
    before = _state(adopted.home)
    assert await adopted.server.ensure() is False
    assert _state(adopted.home) == before


async def test_a_killed_server_comes_back_with_all_it_knew(adopted: Adopted, bench: MlflowBench):
    """The leader is killed and its worker stays: it holds the port and must go first."""
    model = bench.model()
    run = await bench.tracking.open_run(model, FIRST, {})
    await install(bench.uri, "http://127.0.0.1:1/hooks", "a secret")
    leader = psutil.Process(int(str(_state(adopted.home)["pid"])))
    worker = leader.children()[0]
    leader.kill()
    await _ended(leader)

    assert await adopted.server.ensure() is True
    assert not worker.is_running()
    with pytest.raises(UnavailableError, match="tried again by itself"):
        await bench.tracking.open_run(model, FIRST, {})
    assert await adopted.server.ensure() is False, "it is still starting: give it time"

    await adopted.server.ready(120)
    assert adopted.server.uri == adopted.uri_before
    assert await bench.tracking.open_run(model, FIRST, {}) == run
    await install(bench.uri, "http://127.0.0.1:1/hooks", "another secret")  # still readable
    for webhook in bench.client.list_webhooks():
        bench.client.delete_webhook(webhook.webhook_id)


async def test_a_stopped_server_leaves_no_process_and_keeps_its_port(tmp_path: Path):
    server = MLflowServer(tmp_path)
    assert await server.start() is False
    port = _state(tmp_path)["port"]
    assert await _started(tmp_path)
    assert await server.stop() is True
    assert await server.stop() is False
    assert _processes(tmp_path) == []
    assert _state(tmp_path) == {**_state(tmp_path), "pid": 0, "port": port}
    assert await server.ensure() is False, "stopped on purpose"


async def test_a_stranger_with_our_old_pid_is_neither_adopted_nor_ended(tmp_path: Path):
    stranger = psutil.Process(os.getpid())
    state = {"pid": stranger.pid, "started": stranger.create_time(), "version": "3.17.2"}
    (tmp_path / "mlflow").mkdir()
    left = msgspec.json.encode({**state, "port": _port_that_nobody_uses()})
    (tmp_path / "mlflow" / "server.json").write_bytes(left)
    server = MLflowServer(tmp_path)
    assert await server.start() is False
    assert _state(tmp_path)["pid"] != stranger.pid
    await server.stop()


async def test_a_server_that_ends_at_once_says_where_its_log_is(tmp_path: Path):
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "server.json").write_bytes(b'{"pid": 1, "sta')  # torn by a crash
    server = MLflowServer(tmp_path)
    await server.start()
    for process in await _started(tmp_path):
        process.kill()
    with pytest.raises(UnavailableError, match=r"server\.log"):
        await server.ready()
    await server.stop()


async def test_a_fixed_port_that_is_taken_is_told(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = MLflowServer(tmp_path, port=taken.getsockname()[1])
        with pytest.raises(UnavailableError, match="another program"):
            await server.start()


async def test_a_stranger_at_the_port_of_a_server_that_died_is_told_and_never_taken_for_it(
    tmp_path: Path,
):
    async def well(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = MLflowServer(tmp_path)
    await server.start()
    for process in await _started(tmp_path):
        process.kill()
        await _ended(process)
    port = int(server.uri.rpartition(":")[2])
    async with await asyncio.start_server(well, "127.0.0.1", port):
        for asked in (server.ensure, server.start, server.ready):
            with pytest.raises(UnavailableError, match=r"another program|ended while starting"):
                await asked()
    assert await server.ensure() is True
    assert server.uri.endswith(f":{port}")
    await server.stop()


@pytest.mark.parametrize("kept", [b"\xff\xfe", b"", b"half a k"], ids=["bytes", "empty", "torn"])
def test_a_webhook_key_that_is_none_is_told(tmp_path: Path, kept: bytes):
    (tmp_path / "webhook.key").write_bytes(kept)
    with pytest.raises(SettingsError, match=r"webhook\.key is no key"):
        webhook_key(tmp_path)


async def test_starting_does_not_stop_the_event_loop(tmp_path: Path):
    server = MLflowServer(tmp_path)
    starting = asyncio.create_task(server.start())
    longest, last = 0.0, time.monotonic()
    while not starting.done():
        await asyncio.sleep(0.001)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    await server.stop()
    assert longest < 0.5


def test_the_address_is_unknown_before_the_start(tmp_path: Path):
    with pytest.raises(UnavailableError, match="not started yet"):
        _ = MLflowServer(tmp_path).uri


def test_the_webhook_key_is_kept_and_for_us_alone(tmp_path: Path):
    key = webhook_key(tmp_path)
    assert webhook_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "webhook.key").stat().st_mode) == 0o600


def test_nothing_of_our_environment_goes_to_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OAUTH2_SECRET", "hush")
    assert "OAUTH2_SECRET" not in environment(tmp_path)


def test_a_log_that_grew_too_long_is_put_aside(tmp_path: Path):
    path = tmp_path / "server.log"
    path.write_bytes(b"x" * 10_000_001)
    with open_log(path) as log:
        log.write(b"new")
    assert path.read_bytes() == b"new"
    assert path.with_suffix(".log.1").stat().st_size == 10_000_001
