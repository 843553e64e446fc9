"""Events from people: what somebody decided or asked for."""

from typing import ClassVar

from core.events.base import Event
from core.people import Person
from core.words import ApprovalId, ReleaseId, Stage


class AcceptanceDecided(Event, frozen=True, kw_only=True):
    release: ReleaseId
    by: Person
    accepted: bool
    reason: str = ""


class StageRequested(Event, frozen=True, kw_only=True):
    release: ReleaseId
    stage: Stage
    by: Person
    purpose: str
    expected_outcome: str


class ApprovalDecided(Event, frozen=True, kw_only=True):
    release: ReleaseId
    approval: ApprovalId
    by: Person
    approved: bool
    comment: str = ""


class BaseProposed(Event, frozen=True, kw_only=True):
    """Count contributors from this commit on, for this reason: the history before is too long."""

    release: ReleaseId
    commit: str
    reason: str
    by: Person


class BaseDecided(Event, frozen=True, kw_only=True):
    """``base`` is the id of what was proposed: an old card agrees to nothing new."""

    release: ReleaseId
    base: str
    by: Person
    accepted: bool
    comment: str = ""


class FinancialIdGiven(Event, frozen=True, kw_only=True):
    """Somebody answers who pays for the model, which its variables do not say."""

    release: ReleaseId
    financial_id: str
    by: Person


class RetryRequested(Event, frozen=True, kw_only=True):
    release: ReleaseId
    by: Person


class RequestWithdrawn(Event, frozen=True, kw_only=True):
    """Somebody takes back a request that nobody has decided about."""

    release: ReleaseId
    stage: Stage
    by: Person
    reason: str = ""


class PromotionGivenUp(Event, frozen=True, kw_only=True):
    """Somebody lets go of a stage that a request or a promotion holds and will not come to."""

    release: ReleaseId
    stage: Stage
    by: Person
    reason: str = ""


class PipelineDecided(Event, frozen=True, kw_only=True):
    """Somebody decides about a run of a pipeline that waits; ``checkpoint`` is its name here."""

    is_for_desk: ClassVar[bool] = True

    checkpoint: str
    by: Person
    approved: bool
    comment: str = ""
