"""What a person may want to do: each act by its name, and the words it came with.

Words that are ``None`` have not been asked for yet: a button is shown before anybody types.
"""

from typing import ClassVar

import msgspec

from core.desk import letter_id
from core.events.desk import MappingRequested, RedriveRequested
from core.events.people import (
    AcceptanceDecided,
    ApprovalDecided,
    BaseDecided,
    BaseProposed,
    FinancialIdGiven,
    PipelineDecided,
    PromotionGivenUp,
    RequestWithdrawn,
    RetryRequested,
    StageRequested,
)
from core.people import Person
from core.words import ApprovalId, PersonId, ReleaseId, Stage

BaseEvent = BaseProposed | BaseDecided
ReleaseEvent = (
    AcceptanceDecided
    | StageRequested
    | ApprovalDecided
    | RetryRequested
    | RequestWithdrawn
    | PromotionGivenUp
    | FinancialIdGiven
    | BaseEvent
)
DeskEvent = RedriveRequested | MappingRequested | PipelineDecided
PersonEvent = ReleaseEvent | DeskEvent


class AcceptVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The team takes an evaluated version into the registry."""

    name: ClassVar[str] = "accept"
    release: ReleaseId


class RejectVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The team ends a release whose evaluation does not convince it."""

    name: ClassVar[str] = "reject"
    release: ReleaseId
    reason: str | None = None


class RetryStep(msgspec.Struct, frozen=True, kw_only=True):
    """The step that stopped is tried again."""

    name: ClassVar[str] = "retry"
    release: ReleaseId


class RequestStage(msgspec.Struct, frozen=True, kw_only=True):
    """The team asks for a stage."""

    release: ReleaseId
    stage: Stage
    purpose: str | None = None
    expected_outcome: str | None = None

    @property
    def name(self) -> str:
        return f"request {self.stage}"


class ApproveStage(msgspec.Struct, frozen=True, kw_only=True):
    """Another person lets a release have the stage that was asked for."""

    name: ClassVar[str] = "approve"
    release: ReleaseId
    approval: ApprovalId


class RejectStage(msgspec.Struct, frozen=True, kw_only=True):
    """Another person says no to a request, and why."""

    name: ClassVar[str] = "reject"
    release: ReleaseId
    approval: ApprovalId
    reason: str | None = None


class WithdrawRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever asked for a stage takes the request back."""

    name: ClassVar[str] = "withdraw"
    release: ReleaseId
    stage: Stage


class GiveUpPromotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that goes no further lets go of its stage."""

    name: ClassVar[str] = "give up"
    release: ReleaseId
    stage: Stage


class GiveFinancialId(msgspec.Struct, frozen=True, kw_only=True):
    """The team answers who pays for the model."""

    name: ClassVar[str] = "say who pays"
    release: ReleaseId
    financial_id: str | None = None


class SendAgain(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter goes into its queue again."""

    name: ClassVar[str] = "send again"
    letter: str


class ApprovePipeline(msgspec.Struct, frozen=True, kw_only=True):
    """Another person lets a run of a pipeline use the environment that it waits for."""

    checkpoint: str

    @property
    def name(self) -> str:
        return f"approve {self.checkpoint}"


class RejectPipeline(msgspec.Struct, frozen=True, kw_only=True):
    """Another person says no to a run of a pipeline, and why."""

    checkpoint: str
    reason: str | None = None

    @property
    def name(self) -> str:
        return f"reject {self.checkpoint}"


class MapAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address that the directory does not know is said to be somebody's, or nobody's.

    ``found`` and ``owner`` are what the directory said of the person and of the address.
    """

    name: ClassVar[str] = "map an address"
    address: str
    person: PersonId = PersonId("")
    reason: str = ""
    found: Person | None = None
    owner: Person | None = None


class ProposeBase(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants contributors to be counted from a commit on."""

    name: ClassVar[str] = "propose a base"
    release: ReleaseId
    commit: str
    reason: str


class AgreeBase(msgspec.Struct, frozen=True, kw_only=True):
    """Another person agrees that the history before a commit is not looked at."""

    name: ClassVar[str] = "agree to a base"
    release: ReleaseId
    base: str


class DeclineBase(msgspec.Struct, frozen=True, kw_only=True):
    """Another person says no to a base, and why."""

    name: ClassVar[str] = "decline a base"
    release: ReleaseId
    base: str
    reason: str | None = None


BaseAct = ProposeBase | AgreeBase | DeclineBase
ReleaseAct = (
    AcceptVersion
    | RejectVersion
    | RetryStep
    | RequestStage
    | ApproveStage
    | RejectStage
    | WithdrawRequest
    | GiveUpPromotion
    | GiveFinancialId
    | BaseAct
)
PipelineAct = ApprovePipeline | RejectPipeline
Act = ReleaseAct | SendAgain | MapAddress | PipelineAct


def act_of(event: PersonEvent) -> Act:
    """What the person who caused the event wants."""
    match event:
        case AcceptanceDecided(accepted=True):
            return AcceptVersion(release=event.release)
        case AcceptanceDecided():
            return RejectVersion(release=event.release, reason=event.reason)
        case ApprovalDecided(approved=True):
            return ApproveStage(release=event.release, approval=event.approval)
        case ApprovalDecided():
            return RejectStage(release=event.release, approval=event.approval, reason=event.comment)
        case RetryRequested() | FinancialIdGiven():
            return _to_go_on(event)
        case RedriveRequested() | MappingRequested() | PipelineDecided():
            return _on_the_desk(event)
        case BaseProposed() | BaseDecided():
            return _about_a_base(event)
        case _:
            return _about_a_stage(event)


def _to_go_on(event: RetryRequested | FinancialIdGiven) -> RetryStep | GiveFinancialId:
    if isinstance(event, RetryRequested):
        return RetryStep(release=event.release)
    return GiveFinancialId(release=event.release, financial_id=event.financial_id)


def _about_a_stage(event: StageRequested | RequestWithdrawn | PromotionGivenUp) -> Act:
    match event:
        case StageRequested():
            return RequestStage(
                release=event.release,
                stage=event.stage,
                purpose=event.purpose,
                expected_outcome=event.expected_outcome,
            )
        case RequestWithdrawn():
            return WithdrawRequest(release=event.release, stage=event.stage)
        case PromotionGivenUp():
            return GiveUpPromotion(release=event.release, stage=event.stage)


def _about_a_base(event: BaseEvent) -> BaseAct:
    match event:
        case BaseProposed():
            return ProposeBase(release=event.release, commit=event.commit, reason=event.reason)
        case BaseDecided(accepted=True):
            return AgreeBase(release=event.release, base=event.base)
        case BaseDecided():
            return DeclineBase(release=event.release, base=event.base, reason=event.comment)


def _on_the_desk(event: DeskEvent) -> SendAgain | MapAddress | PipelineAct:
    if isinstance(event, RedriveRequested):
        return SendAgain(letter=letter_id(event.queue, event.message))
    if isinstance(event, PipelineDecided):
        if event.approved:
            return ApprovePipeline(checkpoint=event.checkpoint)
        return RejectPipeline(checkpoint=event.checkpoint, reason=event.comment)
    return MapAddress(
        address=event.address,
        person=event.person,
        reason=event.reason,
        found=event.found,
        owner=event.owner,
    )
