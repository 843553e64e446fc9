"""Works off the jobs of steps: runs one, or cancels its run. Results go through ``handle``."""

import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import Final

import msgspec

from core.errors import (
    ApprovalVoidError,
    CommitGoneError,
    StepFailedError,
    UnavailableError,
    UnknownNameError,
)
from core.events.derived import EventIgnored
from core.events.workers import JobDeadLettered, StepFinished, StepProgressed
from core.jobs import AnyJob, CancelStep, EndTracking, RunStep, cancel_job
from core.origin import EventOrigin
from core.release.state import State, step_key
from core.results import Failed, Result
from core.words import ReleaseId, RunId, Step, TrackedState, stream_of
from core.work import to_message
from workers.services import Services
from workers.steps import STEPS
from workers.task import Later, Task, attempt_key, tracking_key

GONE: Final = (
    "{what} An earlier step needed it and found it, so somebody has deleted it. The step was not "
    "finished and nothing was moved; bring it back and retry, or push anew."
)

ENDED: Final = {
    State.FAILED: TrackedState.FAILED,
    State.REJECTED: TrackedState.KILLED,
    State.SUPERSEDED: TrackedState.KILLED,
}
PATIENCE_S: Final = 60.0


class Worker:
    def __init__(self, services: Services) -> None:
        self.services = services

    async def run_step(self, job: RunStep) -> None:
        """Look at a step once. A repeat finds the run that was started; a late one cancels it."""
        task = await self._task(job)
        if task is None:
            await self._end_run(job)
            await self._end_tracking(job.release)
            return
        try:
            result = await self._result(task)
        except UnavailableError as error:
            await self._progressed(task, str(error))
            raise
        if isinstance(result, Later):
            await self._progressed(task, result.note)
            await self._look_again(job, result.seconds)
            return
        finished = StepFinished(
            id=f"finished/{task.key}",
            time=self.services.clock(),
            release=job.release,
            step=job.step,
            attempt=job.attempt,
            stage=job.stage,
            result=result,
        )
        handled = await self.services.handle(finished, EventOrigin.WORKER)
        if any(isinstance(event, EventIgnored) for event in handled.decision.events):
            await self._end_tracking(job.release)  # it ended before its run was known

    async def end_tracking(self, job: EndTracking) -> None:
        """End the run of a release in the tracking server; what still runs for it ends first."""
        await self._end_tracking(job.release)

    async def cancel_step(self, job: CancelStep) -> None:
        """Cancel a run; one that is just being started is ended by its own next look."""
        await self._end_run(job)

    async def bury(self, job: AnyJob, reason: str) -> None:
        """Record a job that became a dead letter, so that its release shows as stuck."""
        if not isinstance(job, RunStep):
            return
        letter = JobDeadLettered(
            id=f"dead/{job.message_id()}",
            time=self.services.clock(),
            release=job.release,
            job=job.id,
            reason=f"The step {job.step} could not be worked on ({reason}).",
        )
        await self.services.handle(letter, EventOrigin.WORKER)

    async def _end_run(self, job: RunStep | CancelStep) -> None:
        run = await self.services.effects.find_effect(f"run/{attempt_key(job)}")
        if run is not None:
            with suppress(UnknownNameError):  # The run is gone, and so it has ended.
                await self.services.ml_platform.cancel(RunId(run))

    async def _end_tracking(self, name: ReleaseId) -> None:
        """Show the end of the release as it is now: since it was asked for, a retry may go on.

        A server that is down or refuses us keeps no release: it is asked again and again.
        """
        release = (await self.services.handle.model(stream_of(name))).releases.get(name)
        ended = ENDED.get(release.state) if release else None
        run = await self.services.effects.find_effect(tracking_key(name))
        if release is None or ended is None or run is None or release.registered is not None:
            return
        for step in release.steps.values():
            if step.finished is None:
                job = cancel_job(stream_of(name), name, step.step, step.attempt, step.stage)
                await self._end_run(job)  # else it would be shown as finished in the end
        try:
            await self.services.tracking.mark(run, ended)
        except UnknownNameError:  # Somebody has deleted it.
            return
        except StepFailedError as error:
            raise UnavailableError(str(error), retry_after_s=PATIENCE_S) from error

    async def _task(self, job: RunStep) -> Task | None:
        """Return the task; None when release or approval has ended, or there is a result."""
        model = await self.services.handle.model(job.stream)
        release = model.releases.get(job.release)
        if release is None or release.is_final:
            return None
        run = release.steps.get(step_key(job.step, job.stage))
        if run is None or run.attempt != job.attempt or run.finished is not None:
            return None
        if job.step is Step.PROMOTE and not release.is_approved_for(job.stage):
            return None
        return Task(job=job, model=model, release=release)

    async def _result(self, task: Task) -> Result | Later:
        """Return the result; a failure is given back to the queue if our own stop caused it."""
        try:
            result = await STEPS[task.job.step](task, self.services)
        except ApprovalVoidError as error:
            result = Failed(reason=str(error), is_void=True)
        except (StepFailedError, CommitGoneError) as error:
            result = Failed(reason=str(error))
        except UnknownNameError as error:
            result = Failed(reason=GONE.format(what=error))
        if isinstance(result, Failed):
            await self.services.stopping.let_go_of_spoilt()
        return result

    async def _progressed(self, task: Task, note: str) -> None:
        """Record a note only when it is new, as each record is an event and updates the card."""
        job = task.job
        if not note or note == task.release.steps[step_key(job.step, job.stage)].note:
            return
        mark = hashlib.sha256(note.encode()).hexdigest()[:8]
        progressed = StepProgressed(
            id=f"progressed/{task.key}/{job.look}/{mark}",
            time=self.services.clock(),
            release=job.release,
            step=job.step,
            attempt=job.attempt,
            stage=job.stage,
            note=note,
        )
        await self.services.handle(progressed, EventOrigin.WORKER)

    async def _look_again(self, job: RunStep, seconds: float) -> None:
        again = msgspec.structs.replace(job, look=job.look + 1)
        at = self.services.clock() + timedelta(seconds=seconds)
        await self.services.steps.schedule(to_message(again), at)
