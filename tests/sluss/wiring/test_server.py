"""What ends the engine of a server is raised, and an error of ours in its own words."""

import asyncio
import socket
import sqlite3
from contextlib import closing

import msgspec
import pytest

from adapters.mlflow.command import free_port
from adapters.mlflow.server import MLflowServer
from adapters.sql_store import SqlStore
from core.errors import SettingsError, StoreTooNewError
from sluss.commands.status import status
from sluss.home.prepare import prepare_home
from sluss.home.running import who_runs
from sluss.home.settings import load
from sluss.wiring.lock import PARTS, Role
from sluss.wiring.server import Server
from tests.sluss.wiring.away import SETTINGS, asked


def prepared(folder):
    prepare_home(folder / "home")
    return folder / "home"


@pytest.mark.parametrize("role", Role)
async def test_a_ledger_of_a_newer_sluss_ends_it_in_one_sentence(tmp_path, role):
    home = tmp_path / "home"
    prepare_home(home)
    await (await SqlStore.open(f"sqlite:///{home}/store.db")).close()
    with closing(sqlite3.connect(home / "store.db")) as ledger, ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    environ = {"SLUSS_PORT": str(free_port()), "SLUSS_MLFLOW_URL": "http://127.0.0.1:1"}

    with pytest.raises(StoreTooNewError, match="at version 9999"):
        async with Server(load(home, environ), role) as server, asyncio.timeout(30):
            await server.until(asyncio.Event().wait())


@pytest.mark.parametrize("taken", ["SLUSS_PORT", "SLUSS_HEALTH_PORT"])
async def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path, taken):
    prepare_home(tmp_path / "home")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ports = {"SLUSS_PORT": str(free_port()), "SLUSS_HEALTH_PORT": str(free_port())}
        settings = load(tmp_path / "home", {**ports, taken: port})
        with pytest.raises(SettingsError, match=f"Port {port} of 127.0.0.1 is taken.*--port"):
            async with Server(settings):
                pass
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


async def test_a_start_that_fails_leaves_no_mlflow_behind(tmp_path):
    home = tmp_path / "home"
    prepare_home(home)
    (home / "platform.yml").write_text("conversations: {'*': 'slack:general'}\n")
    with pytest.raises(SettingsError, match="slack"):
        async with Server(load(home, {"SLUSS_PORT": str(free_port())})):
            pass
    assert msgspec.json.decode((home / "mlflow" / "server.json").read_bytes())["pid"] == 0
    assert await MLflowServer(home).stop() is False


async def test_localhost_is_served_on_all_its_addresses_and_given_free_again(tmp_path):
    prepare_home(tmp_path / "home")
    ports = {"SLUSS_PORT": str(free_port()), "SLUSS_HEALTH_PORT": str(free_port())}
    settings = load(tmp_path / "home", {**SETTINGS, **ports, "SLUSS_HOST": "localhost"})
    async with Server(settings, Role.GATEWAY):
        assert await asked("GET", f"http://127.0.0.1:{settings.health_port}/health/live")
    with socket.create_server(("127.0.0.1", settings.port)):
        pass


@pytest.mark.parametrize("apart", [False, True], ids=["by_default", "with_a_port_for_health"])
@pytest.mark.parametrize("role", Role)
async def test_each_role_is_asked_how_it_is_where_it_serves_its_health(tmp_path, role, apart):
    environ = {"SLUSS_PORT": str(free_port()), "SLUSS_MLFLOW_URL": "http://127.0.0.1:1"}
    more = {"SLUSS_HEALTH_PORT": str(free_port())} if apart else {}
    settings = load(prepared(tmp_path), {**environ, **more})
    async with Server(settings, role):
        found = await asyncio.to_thread(status, settings.home)

    assert set(found.found) == {" and ".join(role.parts)}


async def test_an_address_of_another_machine_is_refused_in_words(tmp_path):
    prepare_home(tmp_path / "home")
    settings = load(tmp_path / "home", {**SETTINGS, "SLUSS_HOST": "192.0.2.1"})

    with pytest.raises(SettingsError, match=r"Nobody can listen on port 8100 of 192\.0\.2\.1"):
        async with Server(settings, Role.GATEWAY):
            pass


async def test_a_file_that_a_worker_cannot_use_is_refused_before_anything_begins(tmp_path):
    settings = load(prepared(tmp_path), {"SLUSS_MLFLOW_URL": "http://127.0.0.1:1"})
    (settings.home / "runtimes").mkdir(exist_ok=True)
    (settings.home / "runtimes" / "16.4.json").write_text("{")

    with pytest.raises(SettingsError, match=r"16\.4\.json"):
        async with Server(settings, Role.WORKER):
            pass
    assert who_runs(settings.home, PARTS) == {}


class Failing:
    """A part whose every use raises what nobody expected, as after a bug of a library."""

    def __getattr__(self, name):
        raise KeyError(name)


async def test_whatever_background_work_raises_the_server_goes_on_and_says_so(tmp_path):
    """Queues and store of the engine fail, from its first turn on; health is asked over HTTP."""
    environ = {"SLUSS_PORT": str(free_port()), "SLUSS_MLFLOW_URL": "http://127.0.0.1:1"}
    settings = load(prepared(tmp_path), environ)
    server = Server(settings, Role.GATEWAY)
    async with server, asyncio.timeout(10):
        server._engine._parts = msgspec.structs.replace(server.parts, store=Failing())
        while not {"sending to the queue cards"} <= set(server.parts.troubles.open):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)
        found = await asyncio.to_thread(status, settings.home)
        assert not server._running.done()

    told = found.found["gateway"]
    assert (told.ready, told.troubles["sending to the queue cards"].is_final) == (True, True)
    assert "(KeyError)" in told.troubles["sending to the queue cards"].says
