"""Tell a story to the flow in short sentences: the test's own little language."""

from datetime import UTC, datetime, timedelta

from core.context import Context
from core.contributors import Contributors
from core.events.base import Event
from core.events.outside import BranchDeleted, CodePushed
from core.events.people import (
    AcceptanceDecided,
    ApprovalDecided,
    BaseDecided,
    BaseProposed,
    FinancialIdGiven,
    PromotionGivenUp,
    RequestWithdrawn,
    RetryRequested,
    StageRequested,
)
from core.events.workers import (
    ChecksReported,
    JobDeadLettered,
    RegistryObserved,
    StepFinished,
    StepProgressed,
)
from core.flow import Decision, decide
from core.gate.checks import CheckResult, Finding, Status
from core.people import Person
from core.platform import Repository
from core.policy import Policy
from core.release.fold import fold
from core.release.model import Model
from core.release.release import Release
from core.results import Author, Checked, Failed, Promoted, Ran, Registered, Result
from core.words import ApprovalId, ModelType, PersonId, ReleaseId, Stage, Step, Stream

ADA = Person(id=PersonId("ada"), name="Ada", groups=frozenset({"credit"}))
BEN = Person(id=PersonId("ben"), name="Ben", groups=frozenset({"credit", "approvers"}))
EVE = Person(id=PersonId("eve"), name="Eve", groups=frozenset({"approvers"}))
OUT = Person(id=PersonId("out"), name="Otto", groups=frozenset())
CHECKED = Checked(checks=(), model="loan_default", team="credit")
BROKEN = Checked(
    checks=(
        CheckResult(
            check="structure", title="Structure", owner="GBI", priority=1, status=Status.FOUND,
            findings=(Finding("README.md", "add README.md"),),
        ),
    ),
    model="loan_default", team="credit",
)  # fmt: skip


def paying(status: Status, *findings: Finding) -> Checked:
    """What the gate says of who pays."""
    found = CheckResult(
        check="financial_id", title="Who pays", owner="model developer", priority=2,
        status=status, findings=findings,
    )  # fmt: skip
    return Checked(checks=(found,), model="loan_default", team="credit")


PAID = paying(Status.PASSED)
UNPAID = paying(
    Status.FOUND,
    Finding("model_variables.yml", "add FINANCIAL_ID: and who pays", "FINANCIAL_ID is not set"),
)


class Story:
    """One stream, its clock and its events; ``tell`` is what handle does, without a store."""

    def __init__(self, *, policy: Policy | None = None, is_local: bool = False) -> None:
        self.model = Model(stream=Stream("loan"))
        self.now = datetime(2026, 1, 5, 8, tzinfo=UTC)
        self.events: list[Event] = []
        self.decision = Decision()
        self.claims: dict[str, Stream] = {}
        self.policy = policy or Policy()
        self.is_local = is_local
        self.contributors = Contributors()
        self._count = 0

    @property
    def release(self) -> Release:
        newest = self.model.newest()
        assert newest is not None
        return newest

    @property
    def derived(self) -> list[str]:
        return [type(event).__name__ for event in self.decision.events]

    @property
    def refusal(self) -> str:
        return self.decision.refusal.reason if self.decision.refusal else ""

    @property
    def context(self) -> Context:
        return Context(
            now=self.now, policy=self.policy, claims=self.claims, is_local=self.is_local,
            repository=Repository(id="r1", name=Stream("loan"), team="credit"),
            contributors=self.contributors,
        )  # fmt: skip

    def tell(self, event: Event) -> "Story":
        self.decision = decide(self.model, event, self.context)
        for following in (event, *self.decision.events):
            self.model = fold(self.model, following)
            self.events.append(following)
        if self.model.name:
            self.claims[self.model.name.casefold()] = self.model.stream
        self.now += timedelta(minutes=1)
        return self

    def next_id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}/{self._count}"

    def push(self, number: int, branch: str = "main", pusher: str = "ada") -> "Story":
        return self.tell(
            CodePushed(
                id=f"ado/r1/{number}/refs/heads/{branch}", time=self.now, repository="r1",
                branch=branch, commit=f"{number:040x}", pusher=pusher, push_id=number,
            )
        )  # fmt: skip

    def delete_branch(self, number: int, branch: str = "main") -> "Story":
        return self.tell(
            BranchDeleted(
                id=f"ado/r1/{number}/{branch}", time=self.now,
                repository="r1", branch=branch, push_id=number,
            )
        )  # fmt: skip

    def finish(
        self, step: Step, result: Result, *, stage: Stage = Stage.TST, attempt: int = 0,
        release: str = "",
    ) -> "Story":  # fmt: skip
        key = f"{step}/{stage}" if step is Step.PROMOTE else str(step)
        named = ReleaseId(release or self.release.id)
        attempt = attempt or self.model.releases[named].steps[key].attempt
        return self.tell(
            StepFinished(
                id=self.next_id("finished"), time=self.now, release=named,
                step=step, attempt=attempt, stage=stage, result=result,
            )
        )  # fmt: skip

    def progress(self, step: Step, note: str, *, attempt: int = 1) -> "Story":
        return self.tell(
            StepProgressed(
                id=self.next_id("progressed"), time=self.now, release=self.release.id,
                step=step, attempt=attempt, note=note,
            )
        )  # fmt: skip

    def report(
        self, *checks: CheckResult, attempt: int = 1, waiting: tuple[str, ...] = ()
    ) -> "Story":
        return self.tell(
            ChecksReported(
                id=self.next_id("reported"), time=self.now, release=self.release.id,
                attempt=attempt, checks=checks, waiting=waiting,
            )
        )  # fmt: skip

    def accept(self, by: Person = ADA, *, yes: bool = True, reason: str = "") -> "Story":
        return self.tell(
            AcceptanceDecided(
                id=self.next_id("accept"), time=self.now, release=self.release.id,
                by=by, accepted=yes, reason=reason,
            )
        )  # fmt: skip

    def request(
        self, stage: Stage, by: Person = ADA, purpose: str = "a better cut", *, release: str = ""
    ) -> "Story":
        return self.tell(
            StageRequested(
                id=self.next_id("request"), time=self.now,
                release=ReleaseId(release or self.release.id),
                stage=stage, by=by, purpose=purpose, expected_outcome="fewer losses",
            )
        )  # fmt: skip

    def withdraw(self, stage: Stage, by: Person = ADA, *, release: str = "") -> "Story":
        return self._free(RequestWithdrawn, stage, by, release)

    def give_up(self, stage: Stage, by: Person = ADA, *, release: str = "") -> "Story":
        return self._free(PromotionGivenUp, stage, by, release)

    def _free(
        self,
        kind: type[RequestWithdrawn | PromotionGivenUp],
        stage: Stage,
        by: Person,
        release: str,
    ) -> "Story":
        named = ReleaseId(release or self.release.id)
        return self.tell(
            kind(id=self.next_id("free"), time=self.now, release=named, stage=stage, by=by)
        )

    def approve(
        self, by: Person, *, yes: bool = True, comment: str = "looked at it", approval: str = ""
    ) -> "Story":
        promotion = self.release.open_promotion()
        return self.tell(
            ApprovalDecided(
                id=self.next_id("decision"), time=self.now, release=self.release.id,
                approval=ApprovalId(approval or (promotion.approval if promotion else "none")),
                by=by, approved=yes, comment=comment,
            )
        )  # fmt: skip

    def retry(self, by: Person = ADA) -> "Story":
        return self.tell(
            RetryRequested(id=self.next_id("retry"), time=self.now, release=self.release.id, by=by)
        )

    def give_financial_id(
        self, value: str = "CR-20417", by: Person = ADA, release: str = ""
    ) -> "Story":
        return self.tell(
            FinancialIdGiven(
                id=self.next_id("who-pays"), time=self.now,
                release=ReleaseId(release or self.release.id), financial_id=value, by=by,
            )
        )  # fmt: skip

    def propose_base(
        self, by: Person = ADA, commit: str = "b" * 40, reason: str = "an old history"
    ) -> "Story":
        return self.tell(
            BaseProposed(
                id=self.next_id("base"), time=self.now, release=self.release.id,
                commit=commit, reason=reason, by=by,
            )
        )  # fmt: skip

    def decide_base(
        self, by: Person, *, yes: bool = True, comment: str = "seen", base: str = ""
    ) -> "Story":
        proposed = self.model.base.id if self.model.base else "none"
        return self.tell(
            BaseDecided(
                id=self.next_id("base"), time=self.now, release=self.release.id,
                base=base or proposed, by=by, accepted=yes, comment=comment,
            )
        )  # fmt: skip

    def bury(self) -> "Story":
        run = self.release.current_step()
        assert run is not None
        return self.tell(
            JobDeadLettered(
                id=self.next_id("dead"), time=self.now, release=self.release.id,
                job=f"step/{self.release.id}/{run.step}/{run.stage}/{run.attempt}",
                reason="a bug",
            )
        )  # fmt: skip

    def observe(self, *, known: int | None = None, **holders: str) -> "Story":
        """``known`` is the stream's version before the registry was read: now, unless it is told."""
        known = self.model.version if known is None else known
        found = {Stage(stage): version for stage, version in holders.items()}
        return self.tell(
            RegistryObserved(
                id=self.next_id("observed"), time=self.now, model="loan_default",
                holders=found, read_at=self.now, known=known,
            )
        )  # fmt: skip

    def to_acceptance(self, checked: Checked = CHECKED, auc: float = 0.7) -> "Story":
        self.finish(Step.CHECK, checked)
        if checked.model_type is not ModelType.RULEBASED:
            self.finish(Step.TRAIN, Ran(run="run1", data_fingerprint="d1"))
        self.finish(Step.SCORE, Ran(run="run1", rows=10))
        return self.finish(Step.EVALUATE, Ran(run="run1", metrics={"auc": auc}))

    def to_registered(self, version: str = "1", checked: Checked = CHECKED) -> "Story":
        self.to_acceptance(checked).accept()
        return self.finish(
            Step.REGISTER, Registered(version=version, artifact_digest=f"a{version}")
        )

    def promoted(self, stage: Stage, version: str = "") -> "Story":
        self.request(stage).approve(EVE)
        registered = self.release.registered
        version = version or (registered.version if registered else "")
        return self.finish(Step.PROMOTE, Promoted(version=version, rows=5), stage=stage)


FAILED = Failed(reason="train() raised ValueError at src/train.py:12")
VOID = Failed(reason="the artifact has changed", is_void=True)
AUTHORED = Checked(
    checks=(), model="loan_default", team="credit",
    authors=(Author("eve@example.org", "Eve", "eve"), Author("strange@example.org", "Stranger")),
    pull_request_creators=("ben",),
)  # fmt: skip
RULEBASED = Checked(checks=(), model="loan_default", team="credit", model_type=ModelType.RULEBASED)
UNKNOWN_RELEASE = ReleaseId("loan-99")
