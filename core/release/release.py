"""One commit of a model on its way from the gate to production.

What a state is made of has ``gc=False``: it holds no circles, and Python's collector of circles
would look through all of it again and again, which made a first look some three times as long.
"""

from datetime import datetime

import msgspec

from core.gate.checks import CheckResult
from core.people import Person
from core.release.promotion import Promotion
from core.release.state import FINAL, State, StepRun, step_key
from core.results import Author, Checked, Failed, Ran, Registered
from core.words import ApprovalId, ModelType, ReleaseId, Stage, Step


class Left(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """When a release lost a stage, and what took its place: "" for nothing, and for no release."""

    since: datetime
    version: str
    release: str


class Release(msgspec.Struct, frozen=True, gc=False, kw_only=True):
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
    promotions: dict[ApprovalId, Promotion] = {}  # in the order in which they were asked for
    trainers: tuple[str, ...] = ()
    accepted_by: Person | None = None
    opened_for: str = ""  # the team that platform.yml named then
    champion: str | None = None  # the release that it was compared with when somebody judged it
    left: dict[Stage, Left] = {}  # when it lost a stage the last time

    @property
    def model(self) -> str:
        return self.checked.model if self.checked else ""

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """What the gate has said; while it runs, what it has said so far."""
        return self.quick or (self.checked.checks if self.checked else ())

    @property
    def team(self) -> str:
        """Whose it is by platform.yml; in ledgers of before, by what its repository says."""
        return self.opened_for or (self.checked.team if self.checked else "")

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

    @property
    def requests(self) -> int:
        """How often a stage was asked for: each time has an approval of its own."""
        return len(self.promotions)

    @property
    def placed(self) -> tuple[Stage, ...]:
        """The stages that it was placed on, the newest last."""
        return tuple(found.stage for found in self.promotions.values() if found.outcome == "placed")

    def open_promotion(self) -> Promotion | None:
        return next((found for found in self.promotions.values() if not found.outcome), None)

    def is_under_way(self, stage: Stage) -> bool:
        """Whether it is being promoted to the stage: the step that moves it has no result yet."""
        run = self.steps.get(step_key(Step.PROMOTE, stage))
        is_promoting = self.state is State.PROMOTING and self.stage is stage
        return is_promoting and run is not None and run.finished is None

    def is_approved_for(self, stage: Stage) -> bool:
        """Whether it may be promoted to the stage: approved, and neither placed nor ended since."""
        promotion = self.promotion_to(stage)
        return promotion is not None and promotion.outcome == "approved"

    def promotion_to(self, stage: Stage) -> Promotion | None:
        """The newest request for a stage; the earlier ones stay readable under their approval."""
        newest_first = reversed(self.promotions.values())
        return next((found for found in newest_first if found.stage is stage), None)

    def failure(self) -> Failed | None:
        step = self.current_step()
        return step.result if step and isinstance(step.result, Failed) else None


def rejection(by: Person, reason: str) -> str:
    """Say why a release was rejected, as its state keeps it."""
    return f"{by.name}: {reason}"
