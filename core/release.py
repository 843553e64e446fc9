"""The state of one model and its releases, folded from the events of its stream.

Folding is total and reads no clock, policy or setting: the same events give the same state.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from core.checks import CheckResult
from core.people import Person
from core.results import Author, Checked, Failed, Ran, Registered, Result
from core.words import ApprovalId, ModelType, ReleaseId, Stage, Step, Stream


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
RUNNING: Final = frozenset(STEP_STATE.values())


def steps_of(model_type: ModelType) -> tuple[Step, ...]:
    """The steps up to the registry: a rule-based model is not trained."""
    steps = (Step.CHECK, Step.TRAIN, Step.SCORE, Step.EVALUATE, Step.REGISTER)
    if model_type is ModelType.RULEBASED:
        return tuple(step for step in steps if step is not Step.TRAIN)
    return steps


class StepRun(msgspec.Struct, frozen=True, kw_only=True):
    """The newest attempt at a step; ``result`` is None while it runs."""

    step: Step
    attempt: int
    stage: Stage
    planned: datetime
    finished: datetime | None = None
    result: Result | None = None
    note: str = ""  # what it does right now


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """The newest request for a stage, and what became of it."""

    stage: Stage
    approval: ApprovalId
    digest: str
    requester: Person
    purpose: str
    expected_outcome: str
    fall_back: str
    requested: datetime
    outcome: str = ""  # "", approved, rejected, void, placed
    decided_by: Person | None = None
    decided: datetime | None = None
    comment: str = ""
    rows: int = 0


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One commit of one model on its way. ``steps`` is keyed "check" or "promote/QA"."""

    id: ReleaseId
    number: int
    repository: str
    branch: str
    commit: str
    pusher: str
    pusher_name: str
    push_id: int
    is_candidate: bool
    opened: datetime
    changed: datetime
    state: State = State.CHECKING
    stage: Stage = Stage.TST  # the stage that the state speaks of
    reason: str = ""
    steps: dict[str, StepRun] = {}
    checked: Checked | None = None
    quick: tuple[CheckResult, ...] = ()  # while the gate runs: what it has said so far
    waiting: tuple[str, ...] = ()  # ... and which checks take longer
    ran: dict[Step, Ran] = {}
    registered: Registered | None = None
    promotions: dict[Stage, Promotion] = {}
    requests: int = 0
    trainers: tuple[str, ...] = ()
    accepted_by: Person | None = None

    @property
    def model(self) -> str:
        return self.checked.model if self.checked else ""

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """What the gate has said; while it runs, what it has said so far."""
        return self.quick or (self.checked.checks if self.checked else ())

    @property
    def team(self) -> str:
        return self.checked.team if self.checked else ""

    @property
    def model_type(self) -> ModelType:
        return self.checked.model_type if self.checked else ModelType.SUPERVISED

    @property
    def metrics(self) -> dict[str, float]:
        evaluated = self.ran.get(Step.EVALUATE)
        return evaluated.metrics if evaluated else {}

    @property
    def data_fingerprint(self) -> str:
        prints = (ran.data_fingerprint for ran in reversed(self.ran.values()))
        return next((found for found in prints if found), "")

    @property
    def run(self) -> str:
        return next((ran.run for ran in self.ran.values()), "")

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_approved(self) -> bool:
        """Somebody approved it for a stage: a newer push no longer supersedes it."""
        return any(found.outcome in {"approved", "placed"} for found in self.promotions.values())

    @property
    def authors(self) -> tuple[Author, ...]:
        return self.checked.authors if self.checked else ()

    def current_step(self) -> StepRun | None:
        return next(reversed(self.steps.values()), None)

    def open_promotion(self) -> Promotion | None:
        return next((found for found in self.promotions.values() if not found.outcome), None)

    def failure(self) -> Failed | None:
        step = self.current_step()
        return step.result if step and isinstance(step.result, Failed) else None


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a stage. ``release`` is empty when the version was placed there outside of us."""

    version: str
    release: str
    since: datetime
    noted: int = 0  # the stream's version that noted it


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A stream's state: its claimed name, its releases, and the holders of its stages."""

    stream: Stream
    version: int = 0
    name: str = ""
    releases: dict[ReleaseId, Release] = {}
    holders: dict[Stage, Holder] = {}
    pushes: dict[str, int] = {}  # branch to its highest push id
    creators: dict[str, tuple[str, ...]] = {}  # commit to creators of its pull requests
    next_number: int = 1

    def held(self, stage: Stage) -> str:
        """The version that holds a stage as far as we know, or ""."""
        holder = self.holders.get(stage)
        return holder.version if holder else ""

    def differing(self, found: Mapping[Stage, str]) -> dict[Stage, str]:
        """Of what the registry holds, the stages that people decide about and we know otherwise."""
        judged = {stage: found.get(stage, "") for stage in (Stage.QA, Stage.PROD)}
        return {stage: at for stage, at in judged.items() if at != self.held(stage)}

    def newest(self) -> Release | None:
        return next(reversed(self.releases.values()), None)

    @property
    def champion(self) -> Release | None:
        """The release that holds PROD, unless somebody placed the version there outside of us."""
        holder = self.holders.get(Stage.PROD)
        return self.releases.get(ReleaseId(holder.release)) if holder else None
