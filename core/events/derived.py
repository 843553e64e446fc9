"""Events that the flow derives: these move the state."""

import msgspec

from core.contributors import Contributors
from core.events.base import Event
from core.people import Person
from core.words import ApprovalId, PersonId, ReleaseId, Stage, Step, Stream


class EventIgnored(Event, frozen=True, kw_only=True):
    """The flow saw the event and did nothing, for this reason."""

    reason: str


class ReleaseOpened(Event, frozen=True, kw_only=True):
    release: ReleaseId
    number: int
    repository: str
    branch: str
    commit: str
    pusher: str
    pusher_name: str = ""
    push_id: int
    is_candidate: bool  # on the release branch: it may go further than the gate
    policy: str  # the policy's digest
    team: str = ""  # platform.yml's; ledgers of before do not say it


class ReleaseSuperseded(Event, frozen=True, kw_only=True):
    release: ReleaseId
    by: str  # the newer release, or why it ended


class StepPlanned(Event, frozen=True, kw_only=True):
    release: ReleaseId
    step: Step
    attempt: int
    stage: Stage = Stage.TST
    by: PersonId = PersonId("")  # who retried it
    names: tuple[str, ...] = ()  # ... by every id, address and account of then


class StepFailed(Event, frozen=True, kw_only=True):
    release: ReleaseId
    step: Step
    stage: Stage = Stage.TST
    reason: str


class ReleaseChecked(Event, frozen=True, kw_only=True):
    """The gate has reported on a branch that goes no further."""

    release: ReleaseId


class ReleaseBlocked(Event, frozen=True, kw_only=True):
    release: ReleaseId
    reason: str


class ModelNameClaimed(Event, frozen=True, kw_only=True):
    model: str
    stream: Stream


class AcceptanceAsked(Event, frozen=True, kw_only=True):
    release: ReleaseId


class ReleaseAccepted(Event, frozen=True, kw_only=True):
    """``champion`` is the release that it was compared with then; None in ledgers of before."""

    release: ReleaseId
    by: Person
    champion: ReleaseId | None = None


class ReleaseRejected(Event, frozen=True, kw_only=True):
    release: ReleaseId
    by: Person
    reason: str
    champion: ReleaseId | None = None


class VersionRegistered(Event, frozen=True, kw_only=True):
    release: ReleaseId
    model: str
    version: str


class PromotionRequested(Event, frozen=True, kw_only=True):
    """A request with the approval it needs; ``fall_back`` is the present holder's version or ""."""

    release: ReleaseId
    stage: Stage
    approval: ApprovalId
    digest: str
    requester: Person
    purpose: str
    expected_outcome: str
    fall_back: str
    policy: str
    contributors: Contributors | None = None
    bound: dict[str, str] = msgspec.field(default_factory=dict)  # what the digest is over, by name


class PromotionApproved(Event, frozen=True, kw_only=True):
    """``contributors`` are those who were counted when it was approved: ``by`` is none of them."""

    release: ReleaseId
    stage: Stage
    approval: ApprovalId
    by: Person
    comment: str = ""
    contributors: Contributors | None = None
    champion: ReleaseId | None = None  # that it was compared with then


class PromotionRejected(Event, frozen=True, kw_only=True):
    release: ReleaseId
    stage: Stage
    approval: ApprovalId
    by: Person
    comment: str
    champion: ReleaseId | None = None


class ApprovalVoided(Event, frozen=True, kw_only=True):
    release: ReleaseId
    stage: Stage
    approval: ApprovalId
    reason: str


class StagePlaced(Event, frozen=True, kw_only=True):
    release: ReleaseId
    stage: Stage
    model: str
    version: str
    previous_version: str
    rows: int


class StageLeft(Event, frozen=True, kw_only=True):
    """The release holds the stage no longer, however it came there.

    ``found`` is the version that has taken the place, or "" for none, and ``by`` its release.
    """

    release: ReleaseId
    stage: Stage
    version: str
    found: str
    by: str = ""


class DecisionRefused(Event, frozen=True, kw_only=True):
    """Somebody tried what they may not do; nothing changed. An auditor counts these."""

    release: ReleaseId
    by: Person
    what: str
    reason: str
    who_can: str = ""


class RegistryChangedOutside(Event, frozen=True, kw_only=True):
    """A stage holds another version than we placed there."""

    model: str
    stage: Stage
    expected: str
    found: str


class ReleaseStuck(Event, frozen=True, kw_only=True):
    release: ReleaseId
    reason: str


class FinancialIdNoted(Event, frozen=True, kw_only=True):
    """Who pays for the model, as somebody answered; a later answer takes its place."""

    release: ReleaseId
    financial_id: str
    by: Person


class BaseAsked(Event, frozen=True, kw_only=True):
    """A base was proposed and waits for another person; ``base`` is its id."""

    release: ReleaseId
    base: str
    commit: str
    reason: str
    by: Person


class BaseAgreed(Event, frozen=True, kw_only=True):
    """Contributors are counted from the commit on, until an approval places something newer."""

    release: ReleaseId
    base: str
    commit: str
    by: Person
    comment: str = ""


class BaseDeclined(Event, frozen=True, kw_only=True):
    release: ReleaseId
    base: str
    by: Person
    comment: str
