"""Each look at a run tells what is new, once, and looks again later."""

import os
import shutil
from types import SimpleNamespace

import msgspec
import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.variable_groups import NoServiceEndpoints, VariableSections
from adapters.local_runs import LocalRuns
from adapters.local_runs.folder import RunFolder
from adapters.sqlite_queue.queue import SqliteQueue
from core.errors import (
    InterruptedWorkError,
    StepFailedError,
    UnavailableError,
    UnknownNameError,
)
from core.events.workers import JobDeadLettered, StepProgressed
from core.jobs import CancelStep, EndTracking, RunStep, decode, encode, step_job
from core.ports import Message, RunLook, RunState
from core.release.state import State
from core.words import ReleaseId, Stage, Step
from tests.bot.views import words
from tests.bot.world import LOAN, World
from tests.core.story import CHECKED, FAILED, Story
from tests.workers.steps.outside import Outside
from workers.services import Services
from workers.worker import Worker

RUN = "0123456789abcdef" * 2
KEY = "loan-1/train/TST/1"
END = EndTracking(id="e", stream=LOAN, release=ReleaseId("loan-1"))


@pytest.fixture
async def bench(tmp_path):
    """A release in training whose run has started; its supervisor writes into ``folder``."""
    world, queue = World(tmp_path), SqliteQueue(tmp_path / "jobs.db", "jobs")
    await world.told(Story().push(1).finish(Step.CHECK, CHECKED))
    await world.store.effect("mlflow/loan-1", "an MLflow run")
    await world.store.effect(f"run/{KEY}", RUN)
    folder = RunFolder(tmp_path / "runs" / RUN)
    folder.path.mkdir(parents=True)
    owned = folder.claim()
    assert owned is not None
    runs = LocalRuns(tmp_path, tracking_uri="", uv="uv", python="python", index_env={})
    tracking = Outside()
    worker = Worker(_services(world, queue, runs, tracking))
    yield SimpleNamespace(
        world=world, folder=folder, worker=worker, lock=owned, tracking=tracking, runs=runs
    )
    await queue.close()
    await world.store.close()


def _services(world: World, queue: SqliteQueue, runs: LocalRuns, tracking: Outside) -> Services:
    """Nothing else is touched when a run is looked at again."""
    absent: dict = dict.fromkeys(("registry", "reviews", "directory", "gate", "clones", "runtimes"))
    return Services(
        handle=world.handle, steps=queue, tracking=tracking, evidence=EvidenceFolder(world.git_folder.parent / "evidence"), effects=world.store, ml_platform=runs,
        git=BareRepositories({"r1": world.git_folder}.get), service_endpoints=NoServiceEndpoints(), variable_groups=VariableSections(), policy=world.policy, clock=world.clock, **absent,
    )  # fmt: skip


async def test_what_an_environment_is_doing_reaches_the_card(bench):
    for look, note in enumerate(("making an environment", "fetching 34 packages")):
        bench.folder.tell(RunState.PREPARING, note)
        await bench.worker.run_step(_job(look))
    room = await bench.world.show_cards()

    shown = words(room.the("loan-1 (loan_default)"))
    assert "Now: fetching 34 packages." in shown
    assert "making an environment" not in shown


async def test_what_does_not_answer_is_named(bench):
    await bench.world.told(Story().push(1).push(2))
    with pytest.raises(UnavailableError):  # the consumer gives it back for later
        await bench.worker.run_step(step_job(LOAN, ReleaseId("loan-2"), Step.CHECK, 1, Stage.TST))
    room = await bench.world.show_cards()

    assert "Now: The repository loans.git" in words(room.the("loan-2"))


async def test_the_same_note_is_told_once_and_no_note_is_no_event(bench):
    for look, note in enumerate(("", "fetching 34 packages", "fetching 34 packages", "")):
        bench.folder.tell(RunState.PREPARING, note)
        await bench.worker.run_step(_job(look))

    events = [entry.event for entry in await bench.world.store.load(LOAN)]
    assert [event.note for event in events if isinstance(event, StepProgressed)] == [
        "fetching 34 packages"
    ]


async def test_a_look_that_is_repeated_changes_nothing(bench):
    bench.folder.tell(RunState.PREPARING, "making an environment")
    await bench.worker.run_step(_job(0))
    version = (await bench.world.handle.model(LOAN)).version
    await bench.worker.run_step(_job(0))

    assert (await bench.world.handle.model(LOAN)).version == version


async def test_a_run_that_began_while_its_release_was_ended_ends_at_its_next_look(bench):
    """When its end was asked for, whoever started it had not told its id yet."""
    os.close(bench.lock)
    await bench.world.told(Story().push(1).push(2))

    await bench.worker.run_step(_job(1))

    assert bench.folder.result() == RunLook(state=RunState.FAILED, reason="cancelled")
    assert bench.tracking.marked == ["KILLED"]


TOLD = {
    "failed": (lambda story: story.finish(Step.TRAIN, FAILED), ["FAILED"]),
    "superseded": (lambda story: story.push(2), ["KILLED"]),
    "failed and superseded": (lambda story: story.finish(Step.TRAIN, FAILED).push(2), ["KILLED"]),
    "retried meanwhile": (lambda story: story.finish(Step.TRAIN, FAILED).retry(), []),
    "never ended": (lambda story: story, []),
}


@pytest.mark.parametrize("ended", TOLD)
async def test_a_release_that_has_ended_ends_its_run_in_the_tracking_server(bench, ended):
    os.close(bench.lock)
    tell, marks = TOLD[ended]
    await bench.world.told(tell(Story().push(1).finish(Step.CHECK, CHECKED)))

    await bench.worker.end_tracking(END)

    assert bench.tracking.marked == marks
    assert (bench.folder.result() is not None) == (
        ended == "superseded"
    )  # what still ran ended first


ANSWERS = {
    "it is down": (UnavailableError("MLflow is away."), True),
    "it refuses us": (StepFailedError("MLflow refused this: 401."), True),
    "somebody has deleted it": (UnknownNameError("run", "r"), False),
}


@pytest.mark.parametrize("why", ANSWERS)
async def test_a_tracking_server_that_takes_no_end_is_asked_again_and_keeps_no_release(bench, why):
    bench.tracking.says_no, is_asked_again = ANSWERS[why]
    await bench.world.told(Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED))

    if is_asked_again:
        with pytest.raises(UnavailableError, match="MLflow"):
            await bench.worker.end_tracking(END)
    else:
        await bench.worker.end_tracking(END)
    assert (await bench.world.handle.model(LOAN)).newest().state is State.FAILED


async def test_the_end_of_a_run_that_is_gone_is_no_fault(bench):
    shutil.rmtree(bench.folder.path)
    about = {name: getattr(_job(0), name) for name in ("stream", "release", "step", "attempt")}

    await bench.worker.cancel_step(CancelStep(id="cancel/loan-1", **about))


def _job(look: int) -> RunStep:
    first = step_job(LOAN, ReleaseId("loan-1"), Step.TRAIN, 1, Stage.TST)
    return msgspec.structs.replace(first, look=look)


async def test_a_job_that_the_queue_gave_up_makes_its_release_stuck_once(bench):
    """As after ten kills in a row while it was worked on: no worker saw it become a dead letter."""
    job = _job(0)
    queue = bench.worker.services.steps
    await queue.send(Message(id=job.message_id(), body=encode(job)))
    [received] = await queue.receive(1, 0)
    await queue.dead_letter(received, "taken 10 times, and never settled")

    for _ in range(2):
        for letter in await queue.dead_letters():
            await bench.worker.bury(decode(letter.message.body), letter.reason)
    model = await bench.world.handle.model(LOAN)
    assert model.newest().state is State.STUCK
    assert "taken 10 times, and never settled" in model.newest().reason
    events = [entry.event for entry in await bench.world.store.load(LOAN)]
    assert len([event for event in events if isinstance(event, JobDeadLettered)]) == 1


@pytest.mark.parametrize("is_stopping", [True, False])
async def test_a_failure_that_our_own_stop_brings_is_none(bench, is_stopping):
    """The run was ended with us, or by itself: only then is it the run's."""
    stopping = bench.worker.services.stopping
    stopping.tell_apart_by(lambda: is_stopping)
    stopping.begin()
    bench.folder.keep_result(RunLook(state=RunState.FAILED, reason="ended by SIGTERM"))
    if is_stopping:
        with pytest.raises(InterruptedWorkError):
            await bench.worker.run_step(_job(0))
    else:
        await bench.worker.run_step(_job(0))

    state = (await bench.world.handle.model(LOAN)).newest().state
    assert state is (State.TRAINING if is_stopping else State.FAILED)
