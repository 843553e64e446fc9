"""A request for a stage, and what became of it."""

from datetime import datetime

import msgspec

from core.people import Person
from core.words import ApprovalId, Stage


class Promotion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
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
