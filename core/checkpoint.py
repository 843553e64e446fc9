"""A checkpoint of Azure Pipelines: a run waits there for a decision before it uses an environment.

An approval and a check are both of this kind: they differ only in how the host is asked and told.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from core.contributors import Contributors
from core.people import Person, folded

replace = msgspec.structs.replace

PIPELINE_CARD: Final = "pipeline"


class CheckpointKind(StrEnum):
    APPROVAL = "approval"  # the host asks people, and takes our word for one of them
    CHECK = "check"  # the host asks Sluss, and waits for its answer


class CheckpointState(StrEnum):
    """What the host says of it; all but ``PENDING`` are for ever."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    BYPASSED = "bypassed"  # an administrator of the environment let it pass
    CANCELLED = "cancelled"  # its run was
    TIMED_OUT = "timed out"
    GONE = "gone"  # the host does not show it any more


class WaitingRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a pipeline that waits, by the host's own word; what it does not tell is empty.

    ``project`` and ``repository`` are ids of the host. ``started_by`` are the accounts that had it
    started, as the directory is asked for them; ``link`` leads people to the run.
    """

    project: str
    project_name: str = ""
    environment: str = ""
    pipeline: int = 0
    pipeline_name: str = ""
    run: int = 0
    run_name: str = ""
    link: str = ""
    stage: str = ""
    repository: str = ""
    repository_name: str = ""
    branch: str = ""
    commit: str = ""
    started_by: tuple[str, ...] = ()
    started_by_name: str = ""

    @property
    def place(self) -> str:
        """Where approved commits are counted from: each pipeline and repository has its own."""
        names = (self.project, folded(self.environment), str(self.pipeline), self.repository)
        return "/".join(names)

    def differs_from(self, other: "WaitingRun") -> str:
        """Return what a decision relies on and is not the same, in words, or ""."""
        return ", ".join(
            name
            for name in ("project", "environment", "pipeline", "run", "repository", "commit")
            if getattr(self, name) != getattr(other, name)
        )


class SeenCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as the host has it at this moment.

    ``our_answer`` is what our own identity has said there, if anything. ``closed_by`` is who ended
    it there, as people know them, and ``comment`` what was said then.
    """

    id: str
    kind: CheckpointKind
    run: WaitingRun
    state: CheckpointState = CheckpointState.PENDING
    since: datetime
    until: datetime | None = None
    our_answer: bool | None = None
    closed_by: str = ""
    comment: str = ""


class PipelineDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has decided here."""

    by: Person
    approved: bool
    comment: str = ""
    time: datetime
    contributors: Contributors | None = None  # who were counted then: ``by`` is none of them


class PipelineCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint with what people here know of it, and what became of it.

    ``contributors`` were counted when it was last read. ``told`` is when the host had our answer,
    and ``problem`` why it has none yet, or why what was decided before does not count.
    """

    seen: SeenCheckpoint
    contributors: Contributors | None = None
    decision: PipelineDecision | None = None
    told: datetime | None = None
    problem: str = ""
    closed: datetime | None = None  # when we saw that it does not wait any more

    @property
    def id(self) -> str:
        return self.seen.id

    @property
    def run(self) -> WaitingRun:
        return self.seen.run

    @property
    def counted(self) -> Contributors | None:
        """Who were counted when it was decided; before that, when it was read."""
        return (self.decision and self.decision.contributors) or self.contributors

    @property
    def is_open(self) -> bool:
        """Whether somebody may decide it here."""
        return self.closed is None and self.decision is None

    @property
    def is_to_be_told(self) -> bool:
        """Whether the host waits for what was decided here."""
        return self.closed is None and self.decision is not None and self.told is None

    @property
    def is_approved_by_us(self) -> bool:
        """Whether the host has taken a yes that was said here."""
        said = self.decision
        return bool(said and said.approved and self.told and self.seen.our_answer)


def checkpoint_id(kind: CheckpointKind, project: str, name: str) -> str:
    """Its name here: ``project`` and ``name`` are the host's canonical ids."""
    return f"{kind}/{project}/{name}"


def place_of_checkpoint(checkpoint: str) -> tuple[CheckpointKind, str, str]:
    """The kind, the project and the host's own id. Raise ValueError for what is no such name."""
    kind, project, name = checkpoint.split("/", 2)
    return CheckpointKind(kind), project, name
