"""Every dead letter of every queue is told once, whoever buried it, and is sent again once."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from adapters.sqlite_queue.queue import SqliteQueue
from core.errors import QueueUnavailableError, RefusedByStoreError, StoreUnavailableError
from core.events.desk import LetterBuried, LetterGone, RedriveRequested
from core.jobs import RedriveLetter
from core.ports import Message
from core.words import PLATFORM
from tests.bot.world import World
from tests.core.story import ADA
from tests.origins import happens
from workers.watch.letters import LetterWatch

LATE = datetime(2100, 1, 1, tzinfo=UTC)
TAKEN = "taken 2 times, and never settled"


@pytest.fixture
async def desk(tmp_path):
    """The watch on two queues; ``dies`` sends a message and buries it, as our consumer does."""
    world = World(tmp_path)
    queues = {
        name: SqliteQueue(tmp_path / f"{name}.db", name, lock_s=0.05, max_tries=2)
        for name in ("events", "steps")
    }
    told = []

    async def bury(message, reason):
        if message.id == "refused":
            raise RefusedByStoreError
        told.append((message.id, reason))

    async def dies(name, message):
        """A consumer of its own takes it: the locks above are over in a moment."""
        queue = SqliteQueue(tmp_path / f"{name}.db", name)
        await queue.send(Message(id=message, body=b"{}"))
        [received] = await queue.receive(1, 5.0)
        await queue.dead_letter(received, "a bug, twice")
        await queue.close()

    def watching(ledger=world.store, handle=world.handle, **others):
        return LetterWatch(handle, ledger, queues | others, bury)

    yield SimpleNamespace(
        world=world, queues=queues, watch=watching(), watching=watching, told=told, dies=dies
    )
    for queue in queues.values():
        await queue.close()
    await world.store.close()


async def told(desk, kind):
    return [entry.event for entry in await desk.world.store.load(PLATFORM, kinds=[kind])]


async def sent_again(desk, key="steps/a"):
    queue, _, message = key.partition("/")
    letter = (await desk.world.store.desk()).letters[key]
    job = RedriveLetter(
        id="r", stream=PLATFORM, queue=queue, message=message, since=letter.since
    )  # fmt: skip
    await desk.watch.redrive(job)
    return job


async def pressed(desk, number):
    wanted = RedriveRequested(
        id=f"w{number}", time=desk.world.clock(), queue="steps", message="a", by=ADA
    )
    return (await happens(desk.world.handle, wanted)).decision


async def test_a_letter_of_any_lane_is_told_once_however_often_it_is_seen(desk):
    await desk.dies("events", "push")
    await desk.dies("steps", "a")
    for _ in range(3):
        await desk.watch.look()

    events = await told(desk, LetterBuried)
    assert [(event.queue, event.message) for event in events] == [
        ("events", "push"),
        ("steps", "a"),
    ]
    assert desk.told == [("push", "a bug, twice"), ("a", "a bug, twice")]


async def test_what_the_queue_gave_up_by_itself_is_told_too(desk):
    queue = desk.queues["steps"]
    await queue.send(Message(id="a", body=b"{}"))
    for _ in range(2):
        [received] = await queue.receive(1, 1.0)
        await queue.abandon(received)
    await desk.watch.look()

    assert [event.reason for event in await told(desk, LetterBuried)] == [TAKEN]


async def test_who_dies_again_is_a_new_letter(desk):
    await desk.dies("steps", "a")
    await desk.watch.look()
    await sent_again(desk)
    [received] = await desk.queues["steps"].receive(1, 1.0)
    await desk.queues["steps"].dead_letter(received, "again")
    await desk.watch.look()

    first, second = await told(desk, LetterBuried)
    assert (first.message, second.message, second.reason) == ("a", "a", "again")
    assert first.id != second.id
    assert (await desk.world.store.desk()).letters["steps/a"].times == 2


async def test_a_repeat_of_the_job_sends_nothing_twice_and_not_what_died_anew(desk):
    await desk.dies("steps", "a")
    await desk.watch.look()
    job = await sent_again(desk)
    [received] = await desk.queues["steps"].receive(1, 1.0)
    await desk.queues["steps"].dead_letter(received, "again")
    await desk.watch.redrive(job)

    assert await desk.queues["steps"].waiting() == 0
    assert len(await desk.queues["steps"].dead_letters()) == 1


async def test_a_letter_that_is_gone_when_its_turn_comes_breaks_nothing(desk):
    job = RedriveLetter(id="r", stream=PLATFORM, queue="steps", message="none", since=LATE)
    await desk.watch.redrive(job)

    assert await desk.queues["steps"].waiting() == 0


async def test_what_somebody_took_out_of_the_queue_is_closed(desk):
    await desk.dies("steps", "a")
    await desk.watch.look()
    assert await desk.queues["steps"].redrive("a")  # by other means than ours
    for _ in range(2):
        await desk.watch.look()

    assert len(await told(desk, LetterGone)) == 1
    assert (await desk.world.store.desk()).open_letters() == ()
    refusal = (await pressed(desk, 1)).refusal
    assert "not in its queue any more" in refusal.reason


class RefusesA:
    """Handles every event but those about the letter "a"."""

    def __init__(self, handle):
        self._handle = handle
        self.context = handle.context

    async def __call__(self, event, origin):
        if event.message == "a":
            raise RefusedByStoreError
        return await self._handle(event, origin)


class Down:
    """A store or a queue that does not answer."""

    async def desk(self):
        raise StoreUnavailableError

    async def dead_letters(self, _limit=100):
        raise QueueUnavailableError


async def test_a_store_that_is_down_delays_the_telling_and_no_burial(desk):
    await desk.dies("steps", "a")
    with pytest.raises(StoreUnavailableError):
        await desk.watching(ledger=Down()).look()
    await desk.watch.look()

    assert len(await told(desk, LetterBuried)) == 1


async def test_a_queue_that_is_down_hides_no_letter_of_another_one(desk):
    await desk.dies("steps", "a")
    with pytest.raises(QueueUnavailableError):
        await desk.watching(events=Down()).look()

    assert len(await told(desk, LetterBuried)) == 1


async def test_a_letter_that_the_store_refuses_hides_no_other_one(desk, caplog):
    await desk.dies("steps", "refused")
    await desk.dies("steps", "a")
    await desk.watch.look()

    assert [event.message for event in await told(desk, LetterBuried)] == ["a"]
    assert "The database refuses" in caplog.text


async def test_a_letter_whose_end_the_store_refuses_hides_no_other_end(desk, caplog):
    for name in ("a", "b"):
        await desk.dies("steps", name)
    await desk.watch.look()
    for name in ("a", "b"):
        await desk.queues["steps"].redrive(name)  # by other means than ours

    await desk.watching(handle=RefusesA(desk.world.handle)).look()

    assert [event.message for event in await told(desk, LetterGone)] == ["b"]
    assert "The database refuses" in caplog.text


async def test_what_a_crash_left_twice_is_sent_again_with_it(desk):
    """It came between sending the copy for later and settling what it is a copy of."""
    await desk.dies("steps", "a~later-1")
    await desk.dies("steps", "a~later-2")
    await desk.watch.look()
    await sent_again(desk)

    assert await desk.queues["steps"].dead_letters() == []
