"""Runs beside the web server: consumers of the queues, the relay, and the watches."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, Final

from bot.deliver import Deliver
from core import jobs
from core.again import keep, until_done
from core.consumer import FINISH_S, Consumer
from core.jobs import (
    AnswerCheckpoint,
    AnswerComment,
    CancelStep,
    EndTracking,
    Job,
    Lane,
    ObserveRegistries,
    ObserveRegistry,
    ReadCheckpoint,
    RedriveLetter,
    RunStep,
    ShowCard,
    ShowReview,
)
from core.ports import Message, Queue
from core.stopping import Stopping
from core.words import PLATFORM
from core.work import Route, events_work, jobs_work, relay, to_message
from sluss.home.runtime_files import home_runtimes
from sluss.templates.model_repository import template_code
from sluss.wiring.gate_parts import server_gate
from sluss.wiring.host_watch import confirm_by_host, host_watches
from sluss.wiring.parts import Parts
from sluss.wiring.sentinel import Sentinel
from workers.checkpoints import CheckpointDesk
from workers.gate.duplicates.find import prepare
from workers.reviews.comments import CommentDesk
from workers.reviews.desk import ReviewDesk
from workers.services import Services
from workers.watch.letters import LetterWatch
from workers.watch.registry import RegistryWatch
from workers.worker import Worker

OBSERVE_EVERY_S = 30.0
LETTERS_EVERY_S = 10.0
SPOILT_S: Final = 2.0

# This is how many messages of a lane are worked on at once. It is more than one stream can fill: a
# push of many branches makes only a few messages, and only four of a stream's cards and steps are
# let in at a time.
SLOTS: Final = {Lane.EVENTS: 8, Lane.CARDS: 8, Lane.STEPS: 8, Lane.OBSERVE: 2, Lane.REVIEWS: 8}


class Engine:
    """Everything that a worker does besides serving; ``deliver`` shows cards.

    Building it raises SettingsError for a file that cannot be used: then nothing has begun.
    """

    def __init__(self, parts: Parts, deliver: Deliver) -> None:
        self._parts = parts
        self._deliver = deliver
        self._stopping = Stopping()
        self._worker = Worker(_services(parts, self._stopping))
        self._letters = self._letter_watch()
        self._checkpoints = CheckpointDesk(
            parts.host.checkpoints, parts.handle, parts.store, parts.troubles
        )
        self._consumers: list[Consumer] = []

    async def relay(self) -> None:
        """Send jobs to their queues until cancelled; a gateway does it too, as clicks make jobs."""
        await relay(self._parts.store, _lanes_of_jobs(self._parts), self._parts.troubles)

    async def run(self) -> None:
        """Run until cancelled. Call ``stop`` first, so that short work comes to its end."""
        await until_done("the worker", self._run, self._parts.troubles)

    async def _run(self) -> None:
        if self._parts.one_machine is not None:
            take_over = self._parts.one_machine.take_over
            await until_done("taking over", take_over, self._parts.troubles)
        with Sentinel() as sentinel:
            self._stopping.tell_apart_by(sentinel.has_fallen)
            self._consumers = self._lanes()
            async with asyncio.TaskGroup() as tasks:
                for work in self._works():
                    tasks.create_task(work)

    def _works(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield all that runs at the same time; whatever one of them raises ends none of them."""
        told = self._parts.troubles
        for consumer in self._consumers:
            yield consumer.run()
        yield self.relay()
        yield keep("asking for looks", self._observe, told, every_s=OBSERVE_EVERY_S)
        yield keep("looking for dead letters", self._letters.look, told, every_s=LETTERS_EVERY_S)
        yield from host_watches(self._parts, self._checkpoints)
        yield until_done("learning our templates", self._know_templates, told)
        for name, tend in self._parts.tends:
            yield until_done(name, tend, told)

    async def stop(self, finish_s: float = FINISH_S) -> None:
        """Receive no more, and wait until current work is done or given back.

        Where our child processes were ended with us there is nothing to wait for.
        """
        self._stopping.begin()
        wait_s = min(SPOILT_S, finish_s) if await self._stopping.is_to_blame() else finish_s
        await asyncio.gather(*(consumer.stop(wait_s) for consumer in self._consumers))

    def _lanes(self) -> list[Consumer]:
        parts = self._parts
        watch = RegistryWatch(self._worker.services, parts.store, parts.troubles)
        reviews = self._reviews()
        routes: dict[type[Job], Route] = {
            RunStep: self._worker.run_step,
            CancelStep: self._worker.cancel_step,
            EndTracking: self._worker.end_tracking,
            ObserveRegistry: watch.one,
            ObserveRegistries: watch.all,
            ShowCard: self._show,
            ShowReview: reviews,
            AnswerComment: self._comments(reviews),
            ReadCheckpoint: self._checkpoints.read,
            AnswerCheckpoint: self._checkpoints.answer,
            RedriveLetter: self._letters.redrive,
        }
        work = jobs_work(routes)
        events = events_work(parts.handle, confirm_by_host(parts))
        return [
            Consumer(
                queue,
                events if lane is Lane.EVENTS else work,
                self._bury,
                name=lane,
                at_once=SLOTS[lane],
                troubles=parts.troubles,
            )
            for lane, queue in parts.queues.items()
        ]

    async def _show(self, job: ShowCard) -> None:
        await self._deliver(job)
        await self._parts.store.done(job)

    def _reviews(self) -> ReviewDesk:
        parts = self._parts
        return ReviewDesk(
            handle=parts.handle,
            reviews=parts.host.reviews,
            store=parts.store,
            chat=parts.chat,
            evidence=parts.evidence,
            page_url=parts.settings.page_url,
            troubles=parts.troubles,
        )

    def _comments(self, desk: ReviewDesk) -> CommentDesk:
        parts = self._parts
        return CommentDesk(
            desk=desk,
            directory=parts.directory,
            secrets=parts.known_secrets,
            clock=parts.clock,
        )

    def _letter_watch(self) -> LetterWatch:
        """Watch dead letters: a queue buries what was taken too often, and tells nobody."""
        parts = self._parts
        queues = {str(lane): queue for lane, queue in parts.queues.items()}
        return LetterWatch(parts.handle, parts.store, queues, self._bury)

    async def _bury(self, message: Message, reason: str) -> None:
        """Bury a message of ours; one that holds no job, as a delivery, has no release to mark."""
        job = jobs.find(message.body)
        if job is not None:
            await self._parts.store.done(job)
            await self._worker.bury(job, reason)

    async def _observe(self) -> None:
        """Ask for a look at every claimed model, as webhooks are hints and may be lost."""
        number = int(self._parts.clock().timestamp() / OBSERVE_EVERY_S)
        job = ObserveRegistries(id=f"observe/all/{number}", stream=PLATFORM)
        await self._parts.queues[job.lane].send(to_message(job))

    async def _know_templates(self) -> None:
        """Teach the index our templates, as code that every model began with is no copy."""
        names = [repository.name for repository in self._parts.handle.platform.repositories]
        rules = self._parts.settings.files.policy.rules.duplicates
        await prepare(self._parts.clones, template_code(), names, rules)


def _lanes_of_jobs(parts: Parts) -> dict[Lane, Queue]:
    return {lane: queue for lane, queue in parts.queues.items() if lane is not Lane.EVENTS}


def _services(parts: Parts, stopping: Stopping) -> Services:
    settings = parts.settings
    return Services(
        handle=parts.handle,
        steps=parts.queues[Lane.STEPS],
        effects=parts.store,
        evidence=parts.evidence,
        git=parts.host.git,
        reviews=parts.host.reviews,
        variable_groups=parts.host.variable_groups,
        service_endpoints=parts.host.service_endpoints,
        ml_platform=parts.ml_platform,
        tracking=parts.tracking,
        registry=parts.registry,
        directory=parts.directory,
        policy=settings.files.policy,
        runtimes=home_runtimes(settings.home),
        clones=parts.clones,
        gate=server_gate(
            settings.home, settings.tool_environment, parts.evidence.keep, parts.find_sandbox
        ),
        clock=parts.clock,
        stopping=stopping,
    )
