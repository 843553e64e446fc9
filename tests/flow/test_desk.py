"""A bug, twice: the dead letter is told, its card sends it again, and it is worked off."""

import asyncio
import logging
from contextlib import asynccontextmanager

from adapters.sqlite_queue.queue import SqliteQueue
from core.consumer import Consumer
from core.events.codec import encode_batch
from core.events.desk import LetterBuried, LetterRedriven, RedriveRequested
from core.events.outside import CodePushed
from core.jobs import Lane, RedriveLetter, RunStep, ShowCard
from core.policy import Policy
from core.ports import Message
from core.words import PLATFORM
from core.work import events_work, jobs_work, relay
from tests.bot.views import press, titles, verdict, words
from tests.bot.world import LOAN, NOW, World
from tests.core.story import ADA
from workers.watch.letters import LetterWatch

PUSH = CodePushed(
    id="ado/r1/1/refs/heads/main", time=NOW, source="azure-devops", delivery="d1",
    repository="r1", branch="main", commit="c" * 40, pusher="ada", push_id=1,
)  # fmt: skip


class Platform:
    """The consumers of three lanes over real queues; ``is_mended`` is the next version of it."""

    def __init__(self, folder):
        self.world = World(
            folder, {"platform": "gbi room", "*": "general"},
            policy=Policy(platform_team=("credit",)),
        )  # fmt: skip
        lanes = (Lane.EVENTS, Lane.CARDS, Lane.OBSERVE)
        self.queues = {lane: SqliteQueue(folder / f"{lane}.db", lane) for lane in lanes}
        self.watch = LetterWatch(self.world.handle, self.world.store, self.queues, self.bury)
        self.is_mended = False

    async def bury(self, _message, _reason): ...

    async def decide(self, message):
        if not self.is_mended:
            raise KeyError("a bug")
        await events_work(self.world.handle)(message)

    async def nothing(self, _job): ...

    @asynccontextmanager
    async def running(self):
        jobs = jobs_work(
            {
                ShowCard: self.world.deliver,
                RedriveLetter: self.watch.redrive,
                RunStep: self.nothing,
            }
        )
        tasks = [
            asyncio.create_task(
                Consumer(
                    queue, self.decide if lane is Lane.EVENTS else jobs, self.bury, name=lane
                ).run()
            )
            for lane, queue in self.queues.items()
        ]
        relayed = {lane: queue for lane, queue in self.queues.items() if lane is not Lane.EVENTS}
        tasks.append(asyncio.create_task(relay(self.world.store, relayed)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for queue in self.queues.values():
                await queue.close()
            await self.world.store.close()

    async def until(self, condition):
        async with asyncio.timeout(30):
            while not await condition():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)

    def cards(self):
        return [card for _, card in self.world.room.cards.values()]


async def test_a_bug_twice_is_told_sent_again_and_worked_off(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    platform = Platform(tmp_path)
    events, world = platform.queues[Lane.EVENTS], platform.world
    async with platform.running():
        await events.send(Message(id="d1", body=encode_batch([PUSH])))
        await platform.until(events.dead_letters)
        await platform.watch.look()
        await platform.until(_is(platform.cards))

        assert world.room.conversations() == ["gbi room"]
        [card] = platform.cards()
        assert "Delivery d1 of azure-devops: CodePushed (ado/r1/1/refs/heads/main)" in words(card)
        assert "KeyError in events, twice" in words(card)

        platform.is_mended = True
        answer = await world.bot.click(press(card, "Send again", ADA))
        assert verdict(answer).text == "Sent again by Ada, 2026-01-05 09:00 UTC"

        async def is_worked_off():
            return (await world.handle.model(LOAN)).releases

        await platform.until(is_worked_off)
        assert await events.dead_letters() == []
        await platform.until(_is(lambda: not any(map(titles, platform.cards()))))
        await platform.watch.look()

    found = {entry.event.id: entry.event for entry in await _platform(tmp_path)}
    told = [event for event in found.values() if not isinstance(event, CodePushed)]
    assert [type(event) for event in told] == [LetterBuried, RedriveRequested, LetterRedriven]
    assert told[-1].by == ADA


def _is(condition):
    async def asked():
        return condition()

    return asked


async def _platform(folder):
    world = World(folder)
    try:
        return await world.store.load(PLATFORM)
    finally:
        await world.store.close()
