"""Everything that happens is an event: a frozen record in the past tense.

Attributes carry the CloudEvents names. Ids are natural: the same for a webhook, a redelivery and
the reconciler. Fields are only ever added, with defaults: tests/payloads/events holds one golden
file per kind that decodes for ever.
"""

import msgspec

from core.events.base import Event
from core.events.derived import (
    AcceptanceAsked,
    ApprovalVoided,
    DecisionRefused,
    EventIgnored,
    ModelNameClaimed,
    PromotionApproved,
    PromotionRejected,
    PromotionRequested,
    RegistryChangedOutside,
    ReleaseAccepted,
    ReleaseBlocked,
    ReleaseChecked,
    ReleaseOpened,
    ReleaseRejected,
    ReleaseStuck,
    ReleaseSuperseded,
    StagePlaced,
    StepFailed,
    StepPlanned,
    VersionRegistered,
)
from core.events.outside import (
    BranchDeleted,
    CodePushed,
    DeliveryIgnored,
    DeliveryRejected,
    PullRequestChanged,
    RegistryHinted,
)
from core.events.people import AcceptanceDecided, ApprovalDecided, RetryRequested, StageRequested
from core.events.workers import (
    ChecksReported,
    JobDeadLettered,
    RegistryObserved,
    StepFinished,
    StepProgressed,
)

FROM_OUTSIDE = (
    CodePushed | BranchDeleted | PullRequestChanged | RegistryHinted | DeliveryIgnored
    | DeliveryRejected
)  # fmt: skip
FROM_WORKERS = StepFinished | StepProgressed | ChecksReported | RegistryObserved | JobDeadLettered
FROM_PEOPLE = AcceptanceDecided | StageRequested | ApprovalDecided | RetryRequested
DERIVED = (
    EventIgnored | ReleaseOpened | ReleaseSuperseded | StepPlanned | StepFailed | ReleaseChecked
    | ReleaseBlocked | ModelNameClaimed | AcceptanceAsked | ReleaseAccepted | ReleaseRejected
    | VersionRegistered | PromotionRequested | PromotionApproved | PromotionRejected
    | ApprovalVoided | StagePlaced | DecisionRefused | RegistryChangedOutside | ReleaseStuck
)  # fmt: skip

AnyEvent = FROM_OUTSIDE | FROM_WORKERS | FROM_PEOPLE | DERIVED

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder(order="deterministic")


def encode(event: Event) -> bytes:
    return _encoder.encode(event)


def decode(data: bytes) -> AnyEvent:
    """Raise msgspec.ValidationError for bytes that are no event of ours."""
    return _decoder.decode(data)


def kind(event: Event) -> str:
    return type(event).__name__


__all__ = [
    "DERIVED",
    "FROM_OUTSIDE",
    "FROM_PEOPLE",
    "FROM_WORKERS",
    "AcceptanceAsked",
    "AcceptanceDecided",
    "AnyEvent",
    "ApprovalDecided",
    "ApprovalVoided",
    "BranchDeleted",
    "ChecksReported",
    "CodePushed",
    "DecisionRefused",
    "DeliveryIgnored",
    "DeliveryRejected",
    "Event",
    "EventIgnored",
    "JobDeadLettered",
    "ModelNameClaimed",
    "PromotionApproved",
    "PromotionRejected",
    "PromotionRequested",
    "PullRequestChanged",
    "RegistryChangedOutside",
    "RegistryHinted",
    "RegistryObserved",
    "ReleaseAccepted",
    "ReleaseBlocked",
    "ReleaseChecked",
    "ReleaseOpened",
    "ReleaseRejected",
    "ReleaseStuck",
    "ReleaseSuperseded",
    "RetryRequested",
    "StagePlaced",
    "StageRequested",
    "StepFailed",
    "StepFinished",
    "StepPlanned",
    "StepProgressed",
    "VersionRegistered",
    "decode",
    "encode",
    "kind",
]
