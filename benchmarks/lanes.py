"""Measures how long a push waits for its card and its gate while all around it is in trouble.

``python benchmarks/lanes.py`` runs our own handle, store, queues, consumers, relay and deliverer in
one process, with stand-ins for the outside systems at their ports. MLflow is down, 150 models are
claimed and looked at again and again, the chat answers 429 for one conversation, and a team pushes
1,000 branches at once. Meanwhile other teams push. Then seven pushes, whose gates take 20 s each,
are measured on their own.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.local_files.people import PeopleFile
from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from bot.bot import Sluss
from bot.deliver import Deliver
from bot.ports import BotPorts
from core.again import Troubles
from core.card import Card
from core.consumer import Consumer
from core.errors import UnavailableError
from core.events.derived import ModelNameClaimed
from core.events.outside import CodePushed
from core.events.workers import StepFinished
from core.handle import Handle
from core.jobs import (
    CancelStep,
    EndTracking,
    Lane,
    ObserveRegistries,
    ObserveRegistry,
    RunStep,
    ShowCard,
    ShowReview,
)
from core.origin import EventOrigin
from core.platform import Platform, Repository
from core.policy import Policy
from core.ports import Message
from core.results import Checked
from core.words import PLATFORM, Step, Stream
from core.work import events_work, jobs_work, relay, to_message
from handlers.inbox import Inbox
from handlers.source import Delivered
from sluss.wiring.engine import SLOTS
from workers.services import Services
from workers.watch.registry import RegistryWatch

MODELS: Final = 150
BRANCHES: Final = 1000
CARD_S: Final = 0.1  # The chat takes this long for one card.
MLFLOW_S: Final = 4.0  # MLflow's client gives up after this time.
OBSERVE_EVERY_S: Final = 2.0
PUSH_EVERY_S: Final = 1.0
CARD_AIM_S: Final = 2.0
GATE_AIM_S: Final = 10.0
NOISY, THROTTLED = Stream("noisy"), Stream("throttled")
QUIET: Final = tuple(Stream(f"quiet{number}") for number in range(20))


def now() -> datetime:
    return datetime.now(UTC)


class Chat:
    """Stands in for the chat and notes when each card came; it throttles one conversation."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}

    async def post(self, conversation: str, _card: Card) -> str:
        if conversation == THROTTLED:
            raise UnavailableError("Teams answers 429.", retry_after_s=5.0)
        await asyncio.sleep(CARD_S)
        self.came.setdefault(conversation, time.perf_counter())
        return f"{conversation}/{len(self.came)}"

    async def update(self, _conversation: str, _activity: str, _card: Card) -> None:
        await asyncio.sleep(CARD_S)

    async def link(self, _conversation: str, _activity: str) -> str:
        return ""


class Registry:
    """Stands in for MLflow while it is down."""

    async def all_holders(self) -> dict[str, Any]:
        await asyncio.sleep(MLFLOW_S)
        raise UnavailableError("MLflow does not answer.")


class World:
    """All parts of ours that a push goes through, wired together."""

    def __init__(self, folder: Path, gate_s: float) -> None:
        names = (NOISY, THROTTLED, *QUIET)
        self.platform = Platform(
            repositories=tuple(Repository(id=name, name=name, team=name) for name in names),
            conversations={**{name: name for name in names}, "*": "general"},
        )
        self.gate_s = gate_s
        self.chat = Chat()
        self.began: dict[str, float] = {}
        self.store = SqlStore(f"sqlite:///{folder / 'store.db'}")
        self.queues = {lane: SqliteQueue(folder / f"{lane}.db", lane) for lane in Lane}
        self.handle = Handle(
            self.store, platform=lambda: self.platform, policy=Policy(), clock=now, is_local=True
        )
        bot = Sluss(
            BotPorts(
                handle=self.handle, store=self.store, git=cast(Any, None),
                directory=PeopleFile(()), page_url="",
            )
        )  # fmt: skip
        self._deliver = Deliver(bot.show, self.chat)
        self._inbox = Inbox(self.queues[Lane.EVENTS], cast(Any, None), "azure_devops")

    async def push(self, stream: Stream, branches: int = 1) -> float:
        """Store a push as a webhook does; return the time at which it was acknowledged."""
        pushes = [
            CodePushed(
                id=f"{stream}/{number}", time=now(), repository=stream, commit=f"{number:040x}",
                branch=f"branch_{number}" if branches > 1 else "main", pusher="ada", push_id=number,
            )
            for number in range(1, branches + 1)
        ]  # fmt: skip
        await self._inbox.store(Delivered(delivery=stream, body=stream, events=tuple(pushes)))
        return time.perf_counter()

    async def step(self, job: RunStep) -> None:
        """Stand in for the steps: the gate takes its time, all later ones ask MLflow in vain."""
        if job.step is not Step.CHECK:
            raise UnavailableError("MLflow does not answer.")
        self.began.setdefault(job.stream, time.perf_counter())
        await asyncio.sleep(self.gate_s)
        await self.handle(
            StepFinished(
                id=f"finished/{job.id}", time=now(), release=job.release, step=job.step,
                attempt=job.attempt, stage=job.stage,
                result=Checked(checks=(), model=job.stream, team=job.stream),
            ),
            EventOrigin.WORKER,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async def cancel(_job: CancelStep | EndTracking | ShowReview) -> None: ...

        async def bury(message: Message, reason: str) -> None:
            raise AssertionError(message.id, reason)

        async def show(job: ShowCard) -> None:
            await self._deliver(job)
            await self.store.done(job)

        ports = cast(Services, SimpleNamespace(registry=Registry(), handle=self.handle, clock=now))
        watch = RegistryWatch(ports, self.store, Troubles())
        work = jobs_work(
            {
                RunStep: self.step, CancelStep: cancel, EndTracking: cancel, ShowCard: show,
                ShowReview: cancel,
                ObserveRegistry: watch.one, ObserveRegistries: watch.all,
            }
        )  # fmt: skip
        loops = [self._observe(), relay(self.store, self._lanes_of_jobs())]
        for lane, queue in self.queues.items():
            does = events_work(self.handle) if lane is Lane.EVENTS else work
            loops.append(Consumer(queue, does, bury, name=lane, at_once=SLOTS[lane]).run())
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            for queue in self.queues.values():
                await queue.close()
            await self.store.close()
            assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended

    def _lanes_of_jobs(self) -> dict[Lane, SqliteQueue]:
        return {lane: queue for lane, queue in self.queues.items() if lane is not Lane.EVENTS}

    async def _observe(self) -> None:
        number = 0
        while True:
            number += 1
            job = ObserveRegistries(id=f"observe/{number}", stream=PLATFORM)
            await self.queues[job.lane].send(to_message(job))
            await asyncio.sleep(OBSERVE_EVERY_S)

    async def claim_models(self) -> None:
        for number in range(MODELS):
            stream = Stream(f"model{number}")
            claim = ModelNameClaimed(id=f"claim/{number}", time=now(), model=stream, stream=stream)
            await self.store.commit(stream, 0, [claim], [])


async def waited(world: World, pushed: dict[Stream, float]) -> tuple[list[float], list[float]]:
    """Return the seconds from each push to its card, and to its gate, both sorted."""
    async with asyncio.timeout(300):
        while not set(pushed) <= (set(world.chat.came) & set(world.began)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    cards = sorted(world.chat.came[stream] - at for stream, at in pushed.items())
    gates = sorted(world.began[stream] - at for stream, at in pushed.items())
    return cards, gates


async def in_trouble(folder: Path) -> tuple[list[float], list[float]]:
    world = World(folder, gate_s=3.0)
    await world.claim_models()
    async with world.running():
        await world.push(THROTTLED, 50)
        await world.push(NOISY, BRANCHES)
        pushed = {}
        for stream in QUIET:
            pushed[stream] = await world.push(stream)
            await asyncio.sleep(PUSH_EVERY_S)
        times = await waited(world, pushed)
        decided = len((await world.handle.model(NOISY)).releases)
        seconds = time.perf_counter() - pushed[QUIET[0]]
        print(f"of {BRANCHES} branches pushed at once, {decided} decided after {seconds:.0f} s")
        return times


async def seven_pushes(folder: Path) -> tuple[list[float], list[float]]:
    world = World(folder, gate_s=20.0)
    async with world.running():
        return await waited(world, {stream: await world.push(stream) for stream in QUIET[:7]})


def tell(what: str, times: list[float], aim_s: float) -> None:
    p99, middle = times[min(len(times) - 1, int(len(times) * 0.99))], times[len(times) // 2]
    verdict = "met" if p99 <= aim_s else "missed"
    print(f"  {what}: p99 {p99:.2f} s, median {middle:.2f} s (aim {aim_s:g} s: {verdict})")


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    logging.disable(logging.CRITICAL)
    for name, scenario in (("in trouble", in_trouble), ("seven pushes, gate 20 s", seven_pushes)):
        with tempfile.TemporaryDirectory() as folder:
            cards, gates = asyncio.run(scenario(Path(folder)))
        print(f"{name}:")
        tell("push to its first card", cards, CARD_AIM_S)
        tell("push to the begin of its gate", gates, GATE_AIM_S)


if __name__ == "__main__":
    main()
