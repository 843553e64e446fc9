"""The parts are known by their ports; settings choose what is behind them."""

import json
import os
import typing
from contextlib import contextmanager

import pytest

from adapters.service_bus.queue import ServiceBusQueue
from adapters.sqlite_queue.queue import SqliteQueue
from core.errors import SettingsError
from core.jobs import Lane
from core.ports import Message
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.chat_window import chat_settings
from sluss.wiring.lock import Role
from sluss.wiring.parts import LivePlatform, OneMachine, Parts, opened
from sluss.wiring.safe import refuse_unsafe
from tests.peers.service_bus import Broker, QueueOptions
from tests.sluss.wiring.away import SETTINGS

QUEUE = QueueOptions(lock_duration_s=5.0, max_delivery_count=3, duplicate_window_s=60)
MLFLOW = {"SLUSS_MLFLOW_URL": "http://127.0.0.1:1"}


@pytest.fixture
def home(tmp_path):
    prepare_home(tmp_path / "home")
    return tmp_path / "home"


def test_no_part_is_typed_by_a_class_of_one_system():
    hints = {
        name: hint for name, hint in typing.get_type_hints(Parts).items() if name != "one_machine"
    }
    modules = {getattr(hint, "__module__", "") for hint in hints.values()}

    assert not [name for name in modules if name.startswith("adapters")]


async def test_one_machine_has_files_and_takes_over_what_a_killed_process_held(home):
    async with opened(load(home, MLFLOW), Role.ALL) as killed:
        await killed.queues[Lane.STEPS].send(Message(id="a", body=b"{}"))
        [held] = await killed.queues[Lane.STEPS].receive(1, 1.0)
        assert await killed.store.lease_card("release/r/1", "killed", 600) is not None
    async with opened(load(home, MLFLOW), Role.ALL) as parts:
        assert isinstance(parts.one_machine, OneMachine)
        assert isinstance(parts.events, SqliteQueue)
        await parts.one_machine.take_over()
        [again] = await parts.queues[Lane.STEPS].receive(1, 5.0)
        assert (again.message, again.lock != held.lock) == (held.message, True)
        assert await parts.store.lease_card("release/r/1", "next", 600) is not None


async def test_a_room_on_a_surface_that_nobody_serves_stops_the_start(home):
    platform = home / "platform.yml"
    platform.write_text(platform.read_text().replace("general", "slack:general"))

    with pytest.raises(SettingsError, match=r"'slack:general' is on 'slack'.*platform\.yml"):
        async with opened(load(home, MLFLOW), Role.ALL):
            pass


def test_while_somebody_puts_a_new_platform_file_in_place_the_one_before_counts(home):
    live = LivePlatform(home)
    known = live.now()
    (home / "platform.yml").unlink()

    assert live.now() == known


def test_a_room_that_names_its_surface_is_in_the_chat_window_under_its_own_name(home):
    platform = home / "platform.yml"
    platform.write_text(platform.read_text().replace("general", "teams:general"))

    rooms = {room.id for room in chat_settings(load(home, MLFLOW)).rooms}
    assert rooms == {"general", "approvals"}


async def test_a_named_mlflow_is_used_and_none_is_started(home):
    async with opened(load(home, MLFLOW), Role.ALL) as parts:
        assert parts.mlflow_url == MLFLOW["SLUSS_MLFLOW_URL"]
    assert not (home / "mlflow").exists()


async def test_the_queues_are_on_the_service_bus_that_the_settings_name(home):
    async with Broker({lane.value: QUEUE for lane in Lane}) as broker:
        environ = {**SETTINGS, "SLUSS_SECRET_SERVICE_BUS_CONNECTION": broker.connection_string}
        async with opened(load(home, environ), Role.GATEWAY) as parts:
            assert isinstance(parts.events, ServiceBusQueue)
            await parts.events.send(Message(id="a", body=json.dumps({"a": 1}).encode()))
            assert await parts.events.waiting() == 1
            assert await parts.queues[Lane.STEPS].waiting() == 0
    assert not (home / "events.db").exists()


SERVICE_BUS = [
    ({"SLUSS_SERVICE_BUS": "bank.servicebus.windows.net"}, "service_bus_connection is not set"),
    ({"SLUSS_SERVICE_BUS": "bank.servicebus.windows.net",
      "SLUSS_SECRET_SERVICE_BUS_CONNECTION": "Endpoint=sb://test.servicebus.windows.net/;SharedAccessKey=hush"},
     "not of bank.servicebus.windows.net"),
]  # fmt: skip


@pytest.mark.parametrize(("environ", "message"), SERVICE_BUS)
def test_a_service_bus_that_cannot_be_entered_is_refused(home, environ, message):
    with pytest.raises(SettingsError, match=message) as refused:
        refuse_unsafe(load(home, {**SETTINGS, **environ}), Role.GATEWAY)
    assert "hush" not in str(refused.value)


async def test_runs_pages_and_cards_know_all_secrets_and_the_files_are_ours_alone(home):
    with fully_open_umask():
        async with opened(load(home, MLFLOW), Role.ALL) as parts:
            hook = parts.settings.secrets.secret("azure_devops_hook")
            assert hook in parts.ml_platform._whispered.secrets
            assert parts.known_secrets.mask(hook.encode()) == b"***"
            assert await parts.evidence.read(await parts.evidence.keep(hook.encode())) == b"***"
            await parts.queues[Lane.STEPS].send(Message(id="a", body=b"{}"))
            assert await parts.store.lease_card("release/r/1", "one", 600) is not None
            files = [path for path in home.iterdir() if path.is_file()]
            assert {path.name for path in files} >= {"store.db", "store.db-wal"}
            assert not [
                path for path in files if path.stat().st_mode & 0o077 and path.suffix != ".lock"
            ]
            assert hook not in repr(parts)


@contextmanager
def fully_open_umask():
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)
