"""What every queue must do: a subclass brings the fixture ``queue``, made with these limits.

The times fit a real broker too: a lock may take a moment to expire, a link to open.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from core.errors import LockLostError, MessageTooLargeError
from core.ports import Message, Queue, Received

SOON_S = 5.0
AT_ONCE_S = 0.5
SETTLEMENTS = ["complete", "abandon", "dead_letter", "renew"]


def message(name: str = "m-1", body: bytes = b"{}") -> Message:
    return Message(id=name, body=body)


async def receive_one(queue: Queue) -> Received:
    (received,) = await queue.receive(1, SOON_S)
    return received


async def settle(queue: Queue, received: Received, how: str) -> None:
    if how == "dead_letter":
        await queue.dead_letter(received, "a test")
        return
    await getattr(queue, how)(received)


async def abandon_until_dead(queue: Queue, max_tries: int) -> list[int]:
    tries = []
    for _ in range(max_tries):
        received = await receive_one(queue)
        tries.append(received.tries)
        await queue.abandon(received)
    return tries


class QueueContract:
    lock_s = 1.5
    max_tries = 3
    duplicate_window_s = 60.0

    async def test_what_is_sent_is_received(self, queue: Queue):
        sent = message("ado/r/1/refs/heads/å", b"\x00\xff not text")
        await queue.send(sent)
        received = await receive_one(queue)
        assert received.message == sent
        assert received.tries == 0

    async def test_our_own_counts_travel_with_a_message(self, queue: Queue):
        counted = Message(id="m-1", body=b"{}", waits=3, failures=1)
        await queue.send(counted)
        await queue.schedule(msgspec.structs.replace(counted, id="m-2"), datetime.now(UTC))
        received = [await receive_one(queue), await receive_one(queue)]
        assert [(each.message.waits, each.message.failures) for each in received] == [(3, 1)] * 2

    async def test_a_dead_letter_that_is_sent_again_has_failed_never(self, queue: Queue):
        await queue.send(Message(id="m-1", body=b"{}", waits=3, failures=1))
        await queue.dead_letter(await receive_one(queue), "a test")
        [dead] = await queue.dead_letters()
        assert dead.message.failures == 1
        await queue.redrive("m-1")
        assert (await receive_one(queue)).message == message()

    async def test_a_receiver_is_told_how_long_its_lock_is(self, queue: Queue):
        await queue.send(message())
        assert 0.5 * self.lock_s < (await receive_one(queue)).lock_s <= self.lock_s + 0.1

    async def test_an_id_has_up_to_128_characters(self, queue: Queue):
        await queue.send(message("x" * 128))
        assert (await receive_one(queue)).message.id == "x" * 128

    async def test_more_than_one_message_can_hold_goes_in_one_send(self, queue: Queue):
        await queue.send(*(message(f"m-{n}", b"x" * 100_000) for n in range(10)))
        assert await queue.waiting() == 10

    async def test_a_receiver_gets_no_more_than_it_asks_for(self, queue: Queue):
        await queue.send(*(message(f"m-{n}") for n in range(5)))
        assert len(await queue.receive(3, SOON_S)) <= 3

    async def test_two_receivers_share_the_messages(self, queue: Queue):
        await queue.send(*(message(f"m-{n}") for n in range(10)))
        taken = []
        while len(taken) < 10:
            both = await asyncio.gather(queue.receive(3, SOON_S), queue.receive(3, SOON_S))
            got = [received for part in both for received in part]
            taken += [received.message.id for received in got]
            await asyncio.gather(*(queue.complete(received) for received in got))
        assert sorted(taken) == [f"m-{n}" for n in range(10)]

    async def test_an_empty_queue_lets_the_receiver_wait(self, queue: Queue):
        start = time.monotonic()
        assert await queue.receive(1, 0.3) == []
        assert 0.25 < time.monotonic() - start < 0.3 + SOON_S

    async def test_an_idle_receiver_gets_a_new_message_at_once(self, queue: Queue):
        await queue.receive(1, 0.1)  # the links are open
        await queue.send(message("earlier"))
        await queue.complete(await receive_one(queue))
        waiting = asyncio.create_task(receive_one(queue))
        await asyncio.sleep(0.3)
        start = time.monotonic()
        await queue.send(message())
        await waiting
        assert time.monotonic() - start < AT_ONCE_S

    async def test_a_locked_message_is_nobody_elses(self, queue: Queue):
        await queue.send(message())
        await receive_one(queue)
        assert await queue.receive(1, 0.2) == []

    async def test_a_completed_message_never_comes_back(self, queue: Queue):
        await queue.send(message())
        await queue.complete(await receive_one(queue))
        assert await queue.receive(1, self.lock_s + 0.5) == []
        assert await queue.waiting() == 0

    async def test_an_abandoned_message_comes_again_with_a_try_counted(self, queue: Queue):
        await queue.send(message())
        await queue.abandon(await receive_one(queue))
        assert (await receive_one(queue)).tries == 1

    async def test_an_expired_lock_gives_the_message_to_another(self, queue: Queue):
        await queue.send(message())
        first = await receive_one(queue)
        second = await receive_one(queue)
        assert second.tries == 1
        with pytest.raises(LockLostError):
            await queue.complete(first)
        await queue.complete(second)

    @pytest.mark.parametrize("how", SETTLEMENTS)
    async def test_an_expired_lock_settles_nothing(self, queue: Queue, how: str):
        await queue.send(message())
        received = await receive_one(queue)
        await asyncio.sleep(self.lock_s + 0.3)
        with pytest.raises(LockLostError):
            await settle(queue, received, how)
        assert (await receive_one(queue)).message == received.message

    @pytest.mark.parametrize("how", SETTLEMENTS)
    async def test_a_settled_message_is_not_settled_again(self, queue: Queue, how: str):
        await queue.send(message())
        received = await receive_one(queue)
        await queue.complete(received)
        with pytest.raises(LockLostError):
            await settle(queue, received, how)

    async def test_a_renewed_lock_holds_longer(self, queue: Queue):
        await queue.send(message())
        received = await receive_one(queue)
        for _ in range(3):
            await asyncio.sleep(self.lock_s * 0.6)
            await queue.renew(received)
        await queue.complete(received)
        assert await queue.receive(1, 0.2) == []

    async def test_a_message_that_is_never_settled_becomes_a_dead_letter(self, queue: Queue):
        await queue.send(message())
        assert await abandon_until_dead(queue, self.max_tries) == list(range(self.max_tries))
        assert await queue.receive(1, 0.3) == []
        (dead,) = await queue.dead_letters()
        assert dead.message == message()
        assert dead.reason

    async def test_locks_that_expire_too_often_make_a_dead_letter(self, queue: Queue):
        await queue.send(message())
        for _ in range(self.max_tries):
            await receive_one(queue)
        assert await queue.receive(1, self.lock_s + 0.5) == []
        assert [dead.message for dead in await queue.dead_letters()] == [message()]

    async def test_a_dead_letter_keeps_its_body_and_says_why(self, queue: Queue):
        before = datetime.now(UTC) - timedelta(seconds=2)
        await queue.send(message(body=b"\xffbad"))
        await queue.dead_letter(await receive_one(queue), "TypeError in events, twice")
        (dead,) = await queue.dead_letters()
        assert dead.message == message(body=b"\xffbad")
        assert dead.reason == "TypeError in events, twice"
        assert before < dead.since < datetime.now(UTC) + timedelta(seconds=2)
        assert await queue.waiting() == 0

    async def test_dead_letters_are_read_without_taking_them(self, queue: Queue):
        await queue.send(message("m-1"), message("m-2"), message("m-3"))
        for _ in range(3):
            await queue.dead_letter(await receive_one(queue), "a test")
        assert len(await queue.dead_letters(limit=2)) == 2
        assert {dead.message.id for dead in await queue.dead_letters()} == {"m-1", "m-2", "m-3"}

    async def test_a_dead_letter_is_sent_again_as_if_new(self, queue: Queue):
        """Although its id is within the window of duplicates."""
        await queue.send(message("m-1", b"one"), message("m-2", b"two"))
        for _ in range(2):
            await queue.dead_letter(await receive_one(queue), "a test")
        assert await queue.redrive("m-2")
        received = await receive_one(queue)
        assert received.message == message("m-2", b"two")
        assert received.tries == 0
        assert [dead.message.id for dead in await queue.dead_letters()] == ["m-1"]

    async def test_a_dead_letter_may_die_and_be_sent_again_twice(self, queue: Queue):
        await queue.send(message())
        for _ in range(2):
            await queue.dead_letter(await receive_one(queue), "a test")
            assert await queue.redrive("m-1")
        assert (await receive_one(queue)).message == message()

    async def test_what_is_no_dead_letter_is_not_sent_again(self, queue: Queue):
        await queue.send(message())
        assert not await queue.redrive("m-1")
        assert await queue.waiting() == 1

    async def test_an_id_that_was_sent_before_is_dropped(self, queue: Queue):
        await queue.send(message(body=b"first"))
        await queue.send(message(body=b"second"), message("m-2"))
        received = [await receive_one(queue), await receive_one(queue)]
        assert {each.message.body for each in received} == {b"first", b"{}"}
        assert await queue.waiting() == 2

    async def test_an_id_that_was_completed_is_dropped_as_well(self, queue: Queue):
        await queue.send(message())
        await queue.complete(await receive_one(queue))
        await queue.send(message())
        assert await queue.receive(1, 0.3) == []

    async def test_a_scheduled_message_comes_when_it_is_due(self, queue: Queue):
        due = datetime.now(UTC) + timedelta(seconds=1.5)
        await queue.schedule(message(), due)
        assert await queue.waiting() == 0
        assert await queue.receive(1, 0.2) == []
        received = await receive_one(queue)
        assert datetime.now(UTC) >= due - timedelta(milliseconds=50)
        assert received.message == message()

    async def test_a_message_scheduled_for_the_past_comes_at_once(self, queue: Queue):
        await queue.schedule(message(), datetime.now(UTC) - timedelta(hours=1))
        assert (await receive_one(queue)).message == message()

    async def test_waiting_counts_what_is_not_settled(self, queue: Queue):
        assert await queue.waiting() == 0
        await queue.send(message("m-1"), message("m-2"), message("m-3"))
        received = await receive_one(queue)
        assert await queue.waiting() == 3  # one of them under a lock
        await queue.complete(received)
        assert await queue.waiting() == 2

    async def test_a_message_that_is_too_large_takes_none_with_it(self, queue: Queue):
        with pytest.raises(MessageTooLargeError):
            await queue.send(message("small"), message("large", b"x" * 300_000))
        assert await queue.waiting() == 0
