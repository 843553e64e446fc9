"""``sluss status`` asks the servers of its home alone, and says what troubles them."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from adapters.mlflow.command import free_port
from core.errors import UnavailableError
from sluss.commands.status import Code, refused_lines, status
from sluss.home.address import read_address
from sluss.home.prepare import prepare_home
from sluss.home.running import Running, told_running, who_runs
from sluss.home.settings import load
from sluss.wiring.lock import PARTS, Role, one_process
from sluss.wiring.server import Server

NOBODY = "http://127.0.0.1:9"
TROUBLE = {"says": "MLflow does not let us in.", "is_final": True, "since": "2026-01-01T10:00:00Z"}


@asynccontextmanager
async def answering(code, text, *, drips=False):
    """The address of a server that says this, or drips without an end."""
    app = web.Application()

    async def answer(request):
        if not drips:
            return web.Response(status=code, text=text)
        dripping = web.StreamResponse()
        await dripping.prepare(request)
        while True:
            await dripping.write(b" ")
            await asyncio.sleep(0.05)

    app.router.add_get("/health/ready", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def asked(home):
    return await asyncio.to_thread(status, home)


SAID = [
    (200, {"ready": True}, Code.READY, ["gateway: ready"]),
    (503, {"ready": False, "failed": {"store": "It is away."}}, Code.NOT_READY,
     ["gateway: not ready", "  store does not answer: It is away."]),
    (200, {"ready": True, "troubles": {"webhook": TROUBLE}}, Code.TROUBLED,
     ["gateway: ready", "  webhook (needs somebody, since 2026-01-01 10:00 UTC): MLflow does not let us in."]),
    (200, {"ready": True, "parts": {"gateway": "runs", "worker": "not known"}}, Code.READY,
     ["gateway: ready", "  whether a worker runs is not known here: it may be on another machine"]),
]  # fmt: skip


@pytest.mark.parametrize("said", SAID)
async def test_what_the_server_says_of_itself_is_told_past_any_proxy(tmp_path, monkeypatch, said):
    http, says, code, lines = said
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    async with answering(http, json.dumps({**says, "identity": "me"})) as url:
        with told_running(tmp_path, [Role.GATEWAY], Running(identity="me", health=url)):
            found = await asked(tmp_path)

    assert (found.code, list(found.lines())) == (code, lines)


@pytest.mark.parametrize(
    "text", ["<html>", '{"ready": true, "failed": {}}', '{"ready": true, "identity": "another"}']
)
@pytest.mark.parametrize("code", [200, 500])
async def test_whoever_else_is_at_our_port_is_not_us(tmp_path, code, text):
    async with answering(code, text) as url:
        with (
            told_running(tmp_path, PARTS, Running(identity="me", health=url)),
            pytest.raises(UnavailableError, match="Sluss does not answer on"),
        ):
            await asked(tmp_path)


async def test_a_server_that_never_comes_to_the_end_of_its_answer_is_not_waited_for(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("sluss.commands.status.ANSWER_S", 0.3)

    async with answering(200, "", drips=True) as url:
        with (
            told_running(tmp_path, PARTS, Running(identity="me", health=url)),
            pytest.raises(UnavailableError, match="Sluss does not answer on"),
        ):
            async with asyncio.timeout(3):
                await asked(tmp_path)


@pytest.mark.parametrize("health", ["", "no address", "http://..:1", "file:///etc/hostname"])
async def test_what_was_left_in_a_torn_file_is_no_server(tmp_path, health):
    with (
        told_running(tmp_path, PARTS, Running(identity="me", health=health)),
        pytest.raises(UnavailableError, match="Sluss does not answer on"),
    ):
        await asked(tmp_path)


async def test_a_killed_server_leaves_its_file_and_is_no_server(tmp_path):
    with (
        told_running(tmp_path, [Role.GATEWAY], Running(identity="me", health=NOBODY)),
        pytest.raises(UnavailableError, match="run `sluss up`"),
    ):
        await asked(tmp_path)


async def test_a_server_that_is_there_and_hangs_is_not_ready(tmp_path):
    with (
        told_running(tmp_path, [Role.WORKER], Running(identity="me", health=NOBODY)),
        one_process(tmp_path, Role.WORKER),
    ):
        found = await asked(tmp_path)

    assert found.code == Code.NOT_READY
    assert "It runs, and does not answer" in "\n".join(found.lines())


def test_a_server_that_ends_takes_back_only_what_it_said(tmp_path):
    first, second = (Running(identity=name, health=NOBODY) for name in ("first", "second"))
    with told_running(tmp_path, PARTS, first), told_running(tmp_path, [Role.WORKER], second):
        pass
    assert who_runs(tmp_path, PARTS) == {}
    with told_running(tmp_path, PARTS, first):
        newer = told_running(tmp_path, PARTS, second)
        newer.__enter__()
    assert set(who_runs(tmp_path, PARTS).values()) == {second}


async def test_nobody_runs_where_nobody_ever_did(tmp_path):
    with pytest.raises(UnavailableError, match="Sluss does not answer on"):
        await asked(tmp_path / "never")


def settings_of(home):
    environ = {"SLUSS_PORT": str(free_port()), "SLUSS_HEALTH_PORT": str(free_port())}
    prepare_home(home)
    return load(home, {**environ, "SLUSS_MLFLOW_URL": "http://127.0.0.1:1"})


async def test_two_homes_are_two_servers_and_a_gateway_says_who_is_missing_and_who_was_refused(
    tmp_path,
):
    ours, other = settings_of(tmp_path / "ours"), settings_of(tmp_path / "other")
    async with AsyncExitStack() as servers:
        await servers.enter_async_context(Server(ours, Role.GATEWAY))
        found = await asked(ours.home)
        with pytest.raises(UnavailableError):
            await asked(other.home)
        with one_process(ours.home, Role.WORKER):
            with_worker = await asked(ours.home)
        address = read_address(ours.home)
        body = {"headers": {"X-Sluss-Secret": "wrong-marker"}, "data": b"{}"}
        async with aiohttp.ClientSession() as sender:
            for _ in range(2):
                await sender.post(f"{ours.public_url}/hooks/azure-devops", **body)
        [refused] = await asyncio.to_thread(lambda: [*refused_lines(ours.home)])

    assert "azure-devops  from 127.0.0.1: refused 2 times (401)" in refused
    assert "marker" not in refused
    assert list(refused_lines(ours.home)) == []
    assert (found.code, address) == (Code.TROUBLED, ours.public_url)
    told = "\n".join(found.lines())
    assert "No worker runs on this home" in told
    assert f"up --home {ours.home} worker`" in told
    assert (with_worker.code, list(with_worker.lines())) == (Code.READY, ["gateway: ready"])
    with pytest.raises(UnavailableError, match=f"last address was {address}"):
        await asked(ours.home)
