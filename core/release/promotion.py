"""A request for a stage, the votes on it, and what became of it."""

from datetime import datetime

import msgspec

from core.contributors import Contributors
from core.people import Person
from core.words import ApprovalId, Stage

DECIDED = frozenset({"approved", "rejected", "placed"})


class Vote(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one person said to a request."""

    by: Person
    approved: bool
    comment: str
    time: datetime


class Promotion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One request for a stage, known by its approval, and what became of it."""

    stage: Stage
    approval: ApprovalId
    digest: str
    requester: Person
    purpose: str
    expected_outcome: str
    fall_back: str
    requested: datetime
    contributors: Contributors | None = None  # as they were counted when it was asked for
    votes: tuple[Vote, ...] = ()
    outcome: str = ""  # "", approved, rejected, void, placed
    placed: datetime | None = None
    voided: datetime | None = None
    void_reason: str = ""
    rows: int = 0
    bound: dict[str, str] = {}  # by name; empty where only the digest was kept
    champion: str | None = None  # the release that it was compared with when it was decided

    @property
    def is_waiting(self) -> bool:
        """Whether it holds its stage: nobody has decided yet, or it was approved and not placed."""
        return self.outcome in {"", "approved"}

    @property
    def last_vote(self) -> Vote | None:
        """The vote that decided; a void approval was decided by nobody."""
        return self.votes[-1] if self.votes and self.outcome in DECIDED else None

    @property
    def decided_by(self) -> Person | None:
        return self.last_vote.by if self.last_vote else None

    @property
    def decided(self) -> datetime | None:
        """When it came to its decision, or became void."""
        return self.last_vote.time if self.last_vote else self.voided

    @property
    def comment(self) -> str:
        """What the person who decided wrote, or why it is void."""
        return self.last_vote.comment if self.last_vote else self.void_reason
