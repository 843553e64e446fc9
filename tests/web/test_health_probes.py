"""Readiness answers in time whatever hangs, and liveness asks nobody."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from core.again import Troubles
from core.errors import SettingsError, StoreTooNewError, StoreUnavailableError, UnavailableError
from web.health import Presence, Probes, add_health


class Hanging:
    """It answers once it is let go, and counts how often it was asked."""

    def __init__(self):
        self.asked = 0
        self.let_go = asyncio.Event()

    async def __call__(self):
        self.asked += 1
        await self.let_go.wait()


async def well():
    pass


async def unwell():
    raise StoreUnavailableError


@asynccontextmanager
async def health_of(presence=None, **probes):
    app = web.Application()
    add_health(app, probes, CollectorRegistry(), presence)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_hanging_check_is_named_before_it_is_waited_for_twice():
    store = Hanging()
    async with health_of(store=store, queue=well) as client, asyncio.timeout(2.9):
        answer = await client.get("/health/ready")
        told = await answer.json()

    assert (answer.status, told["ready"]) == (503, False)
    assert told["failed"] == {"store": "It did not answer within 1.5 s."}


async def test_two_hanging_checks_take_no_longer_than_one():
    async with health_of(store=Hanging(), queue=Hanging()) as client, asyncio.timeout(2.9):
        told = await (await client.get("/health/ready")).json()

    assert list(told["failed"]) == ["store", "queue"]


async def test_liveness_asks_no_outside_system():
    store = Hanging()
    async with health_of(store=store) as client:
        answer = await client.get("/health/live")

    assert (answer.status, store.asked) == (200, 0)


async def test_who_hangs_is_asked_once_and_ready_when_it_answers():
    store = Hanging()
    probes = Probes({"store": store, "queue": well}, answer_s=0.05)

    assert list(await probes.failed()) == ["store"]
    assert list(await probes.failed()) == ["store"]
    assert store.asked == 1
    store.let_go.set()
    assert await probes.failed() == {}
    assert await probes.failed() == {}
    assert store.asked == 2


async def test_many_who_ask_at_the_same_time_get_the_same_answer():
    probes = Probes({"store": unwell, "queue": well})
    said = await asyncio.gather(*(probes.failed() for _ in range(5)))

    assert [list(failed) for failed in said] == [["store"]] * 5
    await probes.end()


async def test_what_a_part_says_of_itself_shows_no_login():
    async def lost():
        raise UnavailableError("no answer of https://me:swordfish@db.example")

    async with health_of(store=lost) as client:
        told = await (await client.get("/health/ready")).text()
    assert "https://***@db.example" in told
    assert "swordfish" not in told


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (StoreTooNewError("The ledger is newer."), "The ledger is newer."),
        (SettingsError("No such queue."), "No such queue."),
        (KeyError("dapi123"), "It could not be asked (KeyError)."),
        (asyncio.CancelledError(), "It could not be asked (CancelledError)."),
    ],
    ids=repr,
)
async def test_whatever_a_question_raises_it_is_not_ready_and_says_so(error, says):
    async def raising():
        raise error

    async with health_of(store=raising, queue=well) as client:
        answer = await client.get("/health/ready")
        told = await answer.json()

    assert (answer.status, told["failed"]) == (503, {"store": says})


async def test_a_trouble_is_told_under_a_word_of_its_own_and_makes_nothing_unready():
    troubles = Troubles()
    troubles.begin("MLflow's webhook", SettingsError("MLflow does not let us in."))
    presence = Presence(
        identity="me", troubles=lambda: troubles.open, parts=lambda: {"worker": "runs"}
    )
    async with health_of(presence, store=well) as client:
        answer = await client.get("/health/ready")
        told = await answer.json()

    assert (answer.status, told["ready"], told["failed"]) == (200, True, {})
    assert told["troubles"]["MLflow's webhook"]["says"] == "MLflow does not let us in."
    assert told["troubles"]["MLflow's webhook"]["is_final"]
    assert (told["identity"], told["parts"]) == ("me", {"worker": "runs"})
