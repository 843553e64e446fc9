"""What may be written from where: the queue of deliveries decides nothing."""

from datetime import UTC, datetime

import pytest

from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from core.consumer import Consumer
from core.errors import ForeignEventError
from core.events import people
from core.events.codec import KINDS, encode_batch, kinds_of
from core.events.derived import StagePlaced
from core.events.desk import MappingRequested, RedriveRequested
from core.events.people import ApprovalDecided, RetryRequested
from core.events.workers import RegistryObserved
from core.handle import Handle
from core.origin import MAY_WRITE, EventOrigin, refuse_foreign
from core.people import at_the_command_line
from core.platform import Platform
from core.policy import Policy
from core.ports import Message
from core.words import PersonId, Stage
from core.work import events_work
from tests.core.story import ADA
from tests.origins import happens

PEOPLE = {*kinds_of(people), RedriveRequested}
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


def placed():
    return StagePlaced(
        id="placed", time=NOW, release="loan-1", stage=Stage.PROD, model="loan_default",
        version="7", previous_version="", rows=1,
    )  # fmt: skip


def approved():
    return ApprovalDecided(
        id="yes", time=NOW, release="loan-1", approval="a", by=ADA, approved=True
    )  # fmt: skip


def observed():
    return RegistryObserved(id="seen", time=NOW, model="loan_default", holders={}, read_at=NOW)


@pytest.fixture
async def store(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/ledger.db")
    yield store
    await store.close()


def handle_on(store):
    return Handle(store, platform=Platform, policy=Policy(), clock=lambda: NOW, is_local=True)


TWO_WAYS = {MappingRequested, RetryRequested}


def test_no_kind_of_event_comes_from_two_places_but_a_wish_to_map_and_a_retry():
    for kind in KINDS:
        places = sum(kind in kinds for kinds in MAY_WRITE.values())
        assert places <= (2 if kind in TWO_WAYS else 1), kind


def test_a_comment_of_a_pull_request_retries_and_decides_nothing():
    assert MAY_WRITE[EventOrigin.PULL_REQUEST] == {RetryRequested}


SHELL = at_the_command_line("dag")


@pytest.mark.parametrize(
    ("by", "origin"),
    [
        (SHELL, EventOrigin.BOT), (ADA, EventOrigin.COMMAND_LINE), (SHELL, EventOrigin.OUTSIDE),
        (ADA, EventOrigin.WORKER), (ADA, EventOrigin.PULL_REQUEST),
    ],
)  # fmt: skip
def test_only_the_command_line_speaks_for_the_command_line(by, origin):
    wish = MappingRequested(id="m", time=NOW, address="x@y", person=PersonId("ben"), by=by)
    with pytest.raises(ForeignEventError, match="Nothing was decided"):
        refuse_foreign(wish, origin)


@pytest.mark.parametrize("kind", sorted(PEOPLE, key=lambda kind: kind.__name__))
def test_the_command_line_writes_nothing_of_what_people_decide(kind):
    assert kind not in MAY_WRITE[EventOrigin.COMMAND_LINE]


def test_what_the_flow_derives_comes_from_nowhere():
    for kind in KINDS:
        if kind.__module__ == "core.events.derived":
            assert not any(kind in kinds for kinds in MAY_WRITE.values()), kind


@pytest.mark.parametrize(
    "event", [placed(), approved(), observed()], ids=["flow", "person", "worker"]
)
async def test_a_message_among_the_deliveries_decides_nothing_and_becomes_a_dead_letter(
    tmp_path, store, event
):
    handle, buried = handle_on(store), []

    async def bury(message, reason):
        buried.append((message.id, reason))

    queue = SqliteQueue(tmp_path / "events.db", "events")
    await queue.send(Message(id="forged", body=encode_batch([event])))
    consumer = Consumer(queue, events_work(handle), bury, name="events")
    for received in await queue.receive(1, wait_s=1.0):
        await consumer._attend(received)
    [letter] = await queue.dead_letters()
    assert f"{type(event).__name__} cannot come from outside" in letter.reason
    assert buried == [("forged", letter.reason)]
    assert (await store.desk()).version == 0
    await queue.close()


@pytest.mark.parametrize("origin", EventOrigin)
def test_no_origin_may_place_a_stage(origin):
    with pytest.raises(ForeignEventError, match="Nothing was decided"):
        refuse_foreign(placed(), origin)


async def test_a_decision_that_the_bot_hands_over_is_taken(store):
    handled = await happens(handle_on(store), approved())
    assert handled.decision.refusal is not None  # taken and ruled on: there is no such release
