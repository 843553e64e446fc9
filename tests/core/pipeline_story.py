"""Tell a story of a pipeline that waits, to the flow and the desk: the test's own little language."""

from datetime import UTC, datetime, timedelta

import msgspec

from core.checkpoint import (
    CheckpointKind,
    CheckpointState,
    PipelineCheckpoint,
    SeenCheckpoint,
    WaitingRun,
    checkpoint_id,
)
from core.context import Context
from core.contributors import Contributor, Contributors, Part
from core.desk import Desk, desk_after
from core.events.base import Event
from core.events.people import PipelineDecided
from core.events.workers import AnswerDelayed, CheckpointSeen
from core.flow import Decision, decide
from core.people import Person
from core.policy import Policy
from core.release.model import Model
from core.words import PLATFORM, PersonId

PROJECT = "be9b3917-87e6-42a4-a549-2bc06a7a878f"
REPOSITORY = "278d5cd2-584d-4b63-824a-2ba458937249"
RULES = {"Lending": {"Production": ("approvers",)}}
RUN = WaitingRun(
    project=PROJECT, project_name="lending", environment="production", pipeline=37,
    pipeline_name="deploy churn", run=2113, run_name="20261201.3", stage="deploy",
    link="https://dev.azure.com/bank/lending/_build/results?buildId=2113", repository=REPOSITORY,
    repository_name="churn", branch="main", commit="b" * 40, started_by=("ada@bank.example",),
    started_by_name="Ada",
)  # fmt: skip


def hands(*people: str, unknown: tuple[str, ...] = ()) -> Contributors:
    """Each of them wrote the commit; ``unknown`` are addresses of nobody."""
    known = [
        Contributor(name=f"{each}@bank.example", part=Part.AUTHOR, commit=RUN.commit,
                    person=PersonId(each))
        for each in people
    ]  # fmt: skip
    strange = [Contributor(name=each, part=Part.AUTHOR, commit=RUN.commit) for each in unknown]
    return Contributors(commits=1, found=(*known, *strange))


class PipelineStory:
    """The stream ``platform``; ``contributors`` are those whom git would tell."""

    def __init__(self, *, policy: Policy | None = None, is_local: bool = False) -> None:
        self.desk = Desk()
        self.now = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
        self.policy = policy or Policy(pipelines=RULES)
        self.is_local = is_local
        self.contributors: Contributors | None = hands("ada")
        self.decision = Decision()
        self.events: list[Event] = []
        self._count = 0

    @property
    def context(self) -> Context:
        return Context(
            now=self.now, policy=self.policy, is_local=self.is_local, desk=self.desk,
            contributors=self.contributors,
        )  # fmt: skip

    @property
    def checkpoint(self) -> PipelineCheckpoint:
        [only] = self.desk.checkpoints.values()
        return only

    @property
    def refusal(self) -> str:
        return self.decision.refusal.reason if self.decision.refusal else ""

    @property
    def derived(self) -> list[str]:
        return [type(event).__name__ for event in self.decision.events]

    def tell(self, event: Event) -> "PipelineStory":
        model = Model(stream=PLATFORM, version=self.desk.version)
        self.decision = decide(model, event, self.context)
        told = (event, *self.decision.events)
        self.events += told
        self.desk = desk_after(self.desk, told)
        self.now += timedelta(minutes=1)
        return self

    def seen(
        self, run: WaitingRun = RUN, state: CheckpointState = CheckpointState.PENDING,
        name: str = "a1", **fields,
    ) -> "PipelineStory":  # fmt: skip
        seen = SeenCheckpoint(
            id=checkpoint_id(CheckpointKind.APPROVAL, run.project, name),
            kind=CheckpointKind.APPROVAL, run=run, state=state, since=self.now, **fields,
        )  # fmt: skip
        return self.tell(
            CheckpointSeen(
                id=self.next_id("seen"), time=self.now, seen=seen, contributors=self.contributors
            )
        )

    def waits(self, **changes) -> "PipelineStory":
        return self.seen(msgspec.structs.replace(RUN, **changes))

    def say(
        self, by: Person, *, yes: bool = True, comment: str = "looked at it", name: str = ""
    ) -> "PipelineStory":
        checkpoint = name or next(iter(self.desk.checkpoints), "approval/none/none")
        return self.tell(
            PipelineDecided(
                id=self.next_id("decision"), time=self.now, checkpoint=checkpoint, by=by,
                approved=yes, comment=comment,
            )
        )  # fmt: skip

    def delay(self, problem: str) -> "PipelineStory":
        return self.tell(
            AnswerDelayed(
                id=self.next_id("delayed"), time=self.now, checkpoint=self.checkpoint.id,
                problem=problem,
            )
        )  # fmt: skip

    def next_id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}/{self._count}"
