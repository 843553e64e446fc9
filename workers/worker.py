"""Work off jobs: run a step, cancel a run, look at the registry; results go through handle."""

import logging
from datetime import timedelta

import msgspec

from core import jobs
from core.errors import ApprovalVoidError, CommitGoneError, StepFailedError, UnavailableError
from core.events.workers import JobDeadLettered, RegistryObserved, StepFinished, StepProgressed
from core.jobs import CancelStep, ObserveRegistry, RunStep
from core.ports import Message
from core.release.state import step_key
from core.results import Failed, Result
from core.words import RunId
from workers.services import Services
from workers.steps import STEPS
from workers.task import Later, Task

log = logging.getLogger(__name__)


class Worker:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def run_step(self, job: RunStep) -> None:
        """One look at a step. A repeat finds what was started; a late one does nothing."""
        task = await self._task(job)
        if task is None:
            return
        try:
            result = await self._result(task)
        except UnavailableError as error:
            log.warning("%s", error, extra={"action": "step_waits", "job_id": job.id})
            result = Later(error.retry_after_s, str(error))
        if isinstance(result, Later):
            await self._progressed(task, result.note)
            await self._look_again(job, result.seconds)
            return
        finished = StepFinished(
            id=f"finished/{task.key}",
            time=self._services.clock(),
            release=job.release,
            step=job.step,
            attempt=job.attempt,
            stage=job.stage,
            result=result,
        )
        await self._services.handle(finished)

    async def cancel_step(self, job: CancelStep) -> None:
        key = f"{job.release}/{job.step}/{job.stage}/{job.attempt}"
        run = await self._services.effects.find_effect(f"run/{key}")
        if run is not None:
            await self._services.ml_platform.cancel(RunId(run))

    async def observe_registry(self, job: ObserveRegistry) -> None:
        """Read who holds the stages; tell only what differs from what we know."""
        model = await self._services.handle.model(job.stream)
        read_at = self._services.clock()
        holders = await self._services.registry.holders(job.model)
        if not model.differing(holders or {}):
            return
        observed = RegistryObserved(
            id=f"observed/{job.model}/{read_at.isoformat()}",
            time=read_at,
            model=job.model,
            holders=holders or {},
            read_at=read_at,
            is_missing=holders is None,
            known=model.version,
        )
        await self._services.handle(observed)

    async def bury_unseen(self) -> None:
        """A queue gives up by itself on what was taken too often, and tells nobody."""
        for letter in await self._services.jobs.dead_letters():
            await self.bury(letter.message, letter.reason)

    async def bury(self, message: Message, reason: str) -> None:
        """A job became a dead letter: its release is stuck, and a card says so."""
        job = jobs.decode(message.body)
        if not isinstance(job, RunStep):
            return
        letter = JobDeadLettered(
            id=f"dead/{job.message_id()}",
            time=self._services.clock(),
            release=job.release,
            job=job.id,
            reason=f"The step {job.step} could not be worked on ({reason}).",
        )
        await self._services.handle(letter)

    async def _task(self, job: RunStep) -> Task | None:
        """None when the release has ended, or this attempt has its result already."""
        model = await self._services.handle.model(job.stream)
        release = model.releases.get(job.release)
        if release is None or release.is_final:
            return None
        run = release.steps.get(step_key(job.step, job.stage))
        if run is None or run.attempt != job.attempt or run.finished is not None:
            return None
        return Task(job=job, model=model, release=release)

    async def _result(self, task: Task) -> Result | Later:
        try:
            return await STEPS[task.job.step](task, self._services)
        except ApprovalVoidError as error:
            return Failed(reason=str(error), is_void=True)
        except (StepFailedError, CommitGoneError) as error:
            return Failed(reason=str(error))

    async def _progressed(self, task: Task, note: str) -> None:
        """Only what is new is told: each is an event, and brings the card up to date."""
        job = task.job
        if not note or note == task.release.steps[step_key(job.step, job.stage)].note:
            return
        progressed = StepProgressed(
            id=f"progressed/{task.key}/{job.look}",
            time=self._services.clock(),
            release=job.release,
            step=job.step,
            attempt=job.attempt,
            stage=job.stage,
            note=note,
        )
        await self._services.handle(progressed)

    async def _look_again(self, job: RunStep, seconds: float) -> None:
        again = msgspec.structs.replace(job, look=job.look + 1)
        message = Message(id=again.message_id(), body=jobs.encode(again))
        at = self._services.clock() + timedelta(seconds=seconds)
        await self._services.jobs.schedule(message, at)
