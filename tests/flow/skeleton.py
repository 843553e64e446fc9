"""The skeleton as a process of its own: one event, one decision, one effect, one card.

It is the product's own handle, store, consumer and relay; the outside world is a folder. At a named
point it kills itself with SIGKILL, as a power cut would.
"""

import asyncio
import contextlib
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.service_bus.clients import Clients
from adapters.service_bus.queue import ServiceBusQueue
from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from core.consumer import Consumer
from core.events.workers import StepFinished
from core.handle import Handle
from core.jobs import CancelStep, EndTracking, Lane, RunStep, ShowCard, ShowReview
from core.platform import Platform, Repository
from core.policy import Policy
from core.ports import Message, ShownCard
from core.results import Checked
from core.words import Stream
from core.work import events_work, jobs_work, relay_once
from tests.origins import happens

LANES = tuple(Lane)
POINTS = ("after_send", "after_commit", "after_relay", "after_effect", "after_result")
PLATFORM = Platform(repositories=(Repository(id="r1", name=Stream("loan"), team="credit"),))


def queue(spec: str, name: str):
    """``spec`` is a folder, or the connection string of a Service Bus namespace."""
    if spec.startswith("Endpoint="):
        return ServiceBusQueue(Clients.from_connection_string(spec, name))
    return SqliteQueue(Path(spec) / f"{name}.db", name, lock_s=1.5)


class Skeleton:
    def __init__(self, home: Path, spec: str, crash: str) -> None:
        self.home, self.crash = home, crash
        self.queues = {lane: queue(spec, lane) for lane in LANES}
        self.store = SqlStore(f"sqlite:///{home}/store.db")
        self.handle = Handle(
            self.store, platform=lambda: PLATFORM, policy=Policy(), clock=now, is_local=True
        )

    def die_at(self, point: str) -> None:
        if point == self.crash:
            os.kill(os.getpid(), signal.SIGKILL)

    async def decide(self, message: Message) -> None:
        await events_work(self.handle)(message)
        self.die_at("after_commit")

    async def run_step(self, job: RunStep) -> None:
        """The outside starts an effect once per key, as our platforms do; a repeat finds it."""
        started = self.home / "outside" / job.id.replace("/", "_")
        started.parent.mkdir(exist_ok=True)
        if await self.store.find_effect(job.id) is None:
            effects = self.home / "effects"
            with contextlib.suppress(FileExistsError), started.open("x"), effects.open("a") as file:
                file.write(f"{job.id}\n")
            await self.store.effect(job.id, started.name)
        self.die_at("after_effect")
        result = Checked(checks=(), model="loan_default", team="credit")
        finished = StepFinished(
            id=f"finished/{job.id}", time=now(), release=job.release, step=job.step,
            attempt=job.attempt, stage=job.stage, result=result,
        )  # fmt: skip
        if job.step == "check":
            await happens(self.handle, finished)
            self.die_at("after_result")

    async def show(self, job: ShowCard) -> None:
        """Level-triggered: it shows the newest state, whatever the job's version was."""
        key = f"{job.card}/{job.subject}"
        shown = await self.store.lease_card(key, "skeleton", 5)
        assert shown is not None
        model = await self.handle.model(job.stream)
        if model.version > shown.version:
            (self.home / f"card_{job.subject}").write_text(model.releases[job.subject].state)
            shown = ShownCard(key=key, activity="1", version=model.version)
        await self.store.keep_card("skeleton", shown)
        await self.store.done(job)

    async def run(self) -> None:
        async def relayed(lane: Lane) -> None:
            while True:
                if await relay_once(self.store, lane, self.queues[lane]):
                    self.die_at("after_relay")
                else:
                    await self.store.wait_unsent(lane, 0.2)

        async def cancel(_job: CancelStep | EndTracking | ShowReview) -> None: ...

        async def bury(_message: Message, reason: str) -> None:
            raise AssertionError(reason)

        work = jobs_work(
            {
                RunStep: self.run_step,
                ShowCard: self.show,
                CancelStep: cancel,
                EndTracking: cancel,
                ShowReview: cancel,
            }
        )
        async with asyncio.TaskGroup() as tasks:
            for lane, queue in self.queues.items():
                does = self.decide if lane is Lane.EVENTS else work
                consumer = Consumer(queue, does, bury, name=lane, at_once=1)
                tasks.create_task(consumer.run())
                if lane is not Lane.EVENTS:
                    tasks.create_task(relayed(lane))


def now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    home, spec, crash = sys.argv[1:]
    asyncio.run(Skeleton(Path(home), spec, crash).run())
