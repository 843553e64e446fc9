"""Where a release is, and which attempt at a step has brought it there."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from core.results import Checked, Promoted, Ran, Registered, Result
from core.words import ModelType, Stage, Step


class State(StrEnum):
    """Where a release is. docs/life_of_a_release.md draws this machine."""

    CHECKING = "checking"
    CHECKED = "checked"
    BLOCKED = "blocked"
    TRAINING = "training"
    SCORING = "scoring"
    EVALUATING = "evaluating"
    AWAITING_ACCEPTANCE = "awaiting acceptance"
    REGISTERING = "registering"
    REGISTERED = "registered"
    AWAITING_APPROVAL = "awaiting approval"
    PROMOTING = "promoting"
    PLACED = "placed"
    FAILED = "failed"
    STUCK = "stuck"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


FINAL: Final = frozenset({State.CHECKED, State.REJECTED, State.SUPERSEDED})
STEP_STATE: Final = {
    Step.CHECK: State.CHECKING,
    Step.TRAIN: State.TRAINING,
    Step.SCORE: State.SCORING,
    Step.EVALUATE: State.EVALUATING,
    Step.REGISTER: State.REGISTERING,
    Step.PROMOTE: State.PROMOTING,
}
FITS: Final = {  # what each step brings back when it has not failed
    Step.CHECK: Checked,
    Step.TRAIN: Ran,
    Step.SCORE: Ran,
    Step.EVALUATE: Ran,
    Step.REGISTER: Registered,
    Step.PROMOTE: Promoted,
}
RUNNING: Final = frozenset(STEP_STATE.values())


def steps_of(model_type: ModelType) -> tuple[Step, ...]:
    """The steps up to the registry: a rule-based model is not trained."""
    steps = (Step.CHECK, Step.TRAIN, Step.SCORE, Step.EVALUATE, Step.REGISTER)
    if model_type is ModelType.RULEBASED:
        return tuple(step for step in steps if step is not Step.TRAIN)
    return steps


class StepEnd(StrEnum):
    """How an attempt at a step came to its end, whatever became of its release since."""

    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"  # the gate found what must be mended first
    CANCELLED = "cancelled"
    STUCK = "stuck"  # it has no result, and goes on when somebody retries it


class StepRun(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The newest attempt at a step; ``result`` is None while it runs, and ``ended`` too."""

    step: Step
    attempt: int
    stage: Stage
    planned: datetime
    finished: datetime | None = None
    result: Result | None = None
    note: str = ""  # what it does right now
    ended: StepEnd | None = None


def step_key(step: Step, stage: Stage) -> str:
    """The key of ``Release.steps``: only promoting happens on more than one stage."""
    return f"{step}/{stage}" if step is Step.PROMOTE else str(step)
