"""What ends the engine of a server is raised, and an error of ours in its own words."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from adapters.mlflow.command import free_port
from adapters.sql_store import SqlStore
from core.errors import SettingsError, StoreTooNewError
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.lock import Role
from sluss.wiring.server import Server
from tests.sluss.wiring.away import SETTINGS


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


async def test_an_address_of_another_machine_is_refused_in_words(tmp_path):
    prepare_home(tmp_path / "home")
    settings = load(tmp_path / "home", {**SETTINGS, "SLUSS_HOST": "192.0.2.1"})

    with pytest.raises(SettingsError, match=r"Nobody can listen on port 8100 of 192\.0\.2\.1"):
        async with Server(settings, Role.GATEWAY):
            pass
