"""The desk of the platform team: the state of the stream ``platform``, folded from its events.

It keeps every dead letter that is open and every checkpoint at which a pipeline waits, a few of
both that are closed, the last events that belong to no repository, and whose each mapped address
is. What it keeps does not grow with the stream.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from core.checkpoint import PipelineCheckpoint
from core.events.base import Event
from core.events.codec import kind
from core.events.derived import DecisionRefused, EventIgnored
from core.events.desk import (
    AddressMapped,
    CheckpointDecided,
    ConversationMoved,
    HostSlowed,
    LetterBuried,
    LetterGone,
    LetterRedriven,
    MappingRequested,
    RedriveRequested,
    RepositoriesFound,
    SubscriptionsChanged,
)
from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    BuildCompleted,
    CheckCalled,
    DeliveryIgnored,
    RunStateChanged,
    StageStateChanged,
)
from core.events.people import PipelineDecided
from core.events.workers import AnswerDelayed, CheckpointSeen
from core.fold_checkpoints import CheckpointEvent, approved_after, checkpoints_after
from core.git_events import EVERYDAY
from core.hook_incident import HookIncident, incident_after
from core.people import Person, folded
from core.words import PersonId, ReleaseId, original_id

replace = msgspec.structs.replace
KEPT_STRAYS: Final = 20
KEPT_CLOSED: Final = 50
LETTER_CARD: Final = "letter"
MOVED_CARD: Final = "moved"
HOOKS_CARD: Final = "hooks"
FOUND_CARD: Final = "found"
SLOWED_CARD: Final = "slowed"


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """An event that belongs to no repository, and why nothing came of it."""

    event: str
    kind: str
    time: datetime
    reason: str = ""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter; it is open until somebody sends it again, or it leaves its queue otherwise.

    ``times`` is how often it has died, and ``sent_before`` who sent it again the last time.
    """

    id: str
    queue: str
    message: str
    reason: str
    since: datetime
    about: str = ""
    release: ReleaseId = ReleaseId("")
    redriven_by: Person | None = None
    redriven: datetime | None = None
    gone: datetime | None = None
    times: int = 1
    sent_before: Person | None = None

    @property
    def is_open(self) -> bool:
        return self.closed is None

    @property
    def closed(self) -> datetime | None:
        return self.redriven or self.gone


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """Whose an address is that the directory does not know, as somebody said who may.

    Without a ``person`` it is nobody's: that of a leaver or of a tool, as ``reason`` says.
    """

    address: str
    person: PersonId = PersonId("")
    reason: str = ""
    by: Person
    since: datetime


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform team has before it. ``strays`` counts all of them, not only the last.

    ``mappings`` has one entry for each address that was ever mapped, by its folded spelling.
    ``approved`` has the newest commit that we approved for each place of a run.
    """

    version: int = 0
    strays: int = 0
    last_strays: tuple[Stray, ...] = ()
    letters: dict[str, Letter] = {}
    mappings: dict[str, Mapped] = {}
    hooks: HookIncident = HookIncident()
    checkpoints: dict[str, PipelineCheckpoint] = {}
    approved: dict[str, str] = {}

    def newest_mappings(self) -> tuple[Mapped, ...]:
        """Every mapping that holds, the newest first."""
        return tuple(sorted(self.mappings.values(), key=lambda found: found.since))[::-1]

    def mapped(self, name: str) -> Mapped | None:
        """Whose an address or account is by the word of the platform team, whatever its case."""
        return self.mappings.get(folded(name))

    def open_letters(self) -> tuple[Letter, ...]:
        """What nobody has sent again yet, the oldest first."""
        found = (letter for letter in self.letters.values() if letter.is_open)
        return tuple(sorted(found, key=lambda letter: letter.since))

    def closed_letters(self) -> tuple[Letter, ...]:
        """What was sent again or left its queue, the last one first."""
        found = (letter for letter in self.letters.values() if not letter.is_open)
        return tuple(sorted(found, key=lambda letter: str(letter.closed)))[::-1]

    def waiting_checkpoints(self) -> tuple[PipelineCheckpoint, ...]:
        """What waits at the host still, also where it was decided here; the oldest first."""
        found = (each for each in self.checkpoints.values() if each.closed is None)
        return tuple(sorted(found, key=lambda each: each.seen.since))


def letter_id(queue: str, message: str) -> str:
    """A letter and its card have this name; a message that was given back for later keeps it."""
    return f"{queue}/{original_id(message)}"


def place_of(letter: str) -> tuple[str, str]:
    """The queue and the message of a letter's id; no queue's name has a slash."""
    queue, _, message = letter.partition("/")
    return queue, message


Fold = TypeVar("Fold", bound=Callable[[Desk, Any], Desk])
DESK_FOLDS: Final[dict[type[Event], Callable[[Desk, Any], Desk]]] = {}


def folds_desk(kind: type[Event]) -> Callable[[Fold], Fold]:
    """The decorated function makes the desk that comes after an event of this kind."""

    def register(function: Fold) -> Fold:
        DESK_FOLDS[kind] = function
        return function

    return register


def desk_after(desk: Desk, events: Iterable[Event]) -> Desk:
    """The desk after all of the events, oldest first."""
    for event in events:
        moves = DESK_FOLDS.get(type(event), _stray)
        desk = replace(moves(desk, event), version=desk.version + 1)
    return desk


@folds_desk(LetterBuried)
def _buried(desk: Desk, event: LetterBuried) -> Desk:
    """A letter that was sent again and died again is open anew."""
    key = letter_id(event.queue, event.message)
    known = desk.letters.get(key)
    letter = Letter(
        id=key, queue=event.queue, message=event.message,
        reason=event.reason, since=event.time, about=event.about, release=event.release,
        times=known.times + 1 if known else 1,
        sent_before=(known.redriven_by or known.sent_before) if known else None,
    )  # fmt: skip
    return replace(desk, letters={**desk.letters, letter.id: letter})


@folds_desk(MappingRequested)
@folds_desk(PipelineDecided)
@folds_desk(RedriveRequested)
def _wanted(desk: Desk, _event: Event) -> Desk:
    """A wish moves nothing: what came of it is an event of its own."""
    return desk


@folds_desk(ApprovalCompleted)
@folds_desk(ApprovalPending)
@folds_desk(BuildCompleted)
@folds_desk(CheckCalled)
@folds_desk(RunStateChanged)
@folds_desk(StageStateChanged)
def _noted(desk: Desk, _event: Event) -> Desk:
    """Pipelines say much of which nothing follows: among it a stray would not be found."""
    return desk


@folds_desk(DeliveryIgnored)
def _ignored(desk: Desk, event: DeliveryIgnored) -> Desk:
    """What a project says all day that is not for us is more than all strays, and none."""
    return desk if event.reason in EVERYDAY else _stray(desk, event)


@folds_desk(ConversationMoved)
@folds_desk(RepositoriesFound)
@folds_desk(HostSlowed)
def _told(desk: Desk, _event: ConversationMoved | RepositoriesFound | HostSlowed) -> Desk:
    """The team reads of it on a card, and the ledger has it; nothing waits for anybody."""
    return desk


@folds_desk(SubscriptionsChanged)
def _hooks_changed(desk: Desk, event: SubscriptionsChanged) -> Desk:
    return replace(desk, hooks=incident_after(desk.hooks, event))


@folds_desk(LetterRedriven)
def _redriven(desk: Desk, event: LetterRedriven) -> Desk:
    """An event about a letter that is closed, or never was one, moves nothing."""
    letter = desk.letters.get(letter_id(event.queue, event.message))
    if letter is None or not letter.is_open:
        return desk
    return _closed(desk, replace(letter, redriven_by=event.by, redriven=event.time))


@folds_desk(LetterGone)
def _gone(desk: Desk, event: LetterGone) -> Desk:
    """A letter that was closed, or has died anew since, is not the one that is meant."""
    letter = desk.letters.get(letter_id(event.queue, event.message))
    if letter is None or not letter.is_open or letter.since != event.since:
        return desk
    return _closed(desk, replace(letter, gone=event.time))


@folds_desk(AddressMapped)
def _mapped(desk: Desk, event: AddressMapped) -> Desk:
    """The last word counts; the ledger has those before."""
    mapped = Mapped(
        address=event.address, person=event.person, reason=event.reason,
        by=event.by, since=event.time,
    )  # fmt: skip
    return replace(desk, mappings={**desk.mappings, folded(event.address): mapped})


@folds_desk(AnswerDelayed)
@folds_desk(CheckpointDecided)
@folds_desk(CheckpointSeen)
def _at_checkpoint(desk: Desk, event: CheckpointEvent) -> Desk:
    return replace(
        desk,
        checkpoints=checkpoints_after(desk.checkpoints, event, KEPT_CLOSED),
        approved=approved_after(desk.approved, desk.checkpoints, event),
    )


@folds_desk(DecisionRefused)
@folds_desk(EventIgnored)
def _explained(desk: Desk, event: EventIgnored | DecisionRefused) -> Desk:
    """The flow says why nothing came of the event before."""
    strays = tuple(
        replace(stray, reason=event.reason) if stray.event == event.caused_by else stray
        for stray in desk.last_strays
    )
    return replace(desk, last_strays=strays)


def _stray(desk: Desk, event: Event) -> Desk:
    reason = getattr(event, "reason", "")
    stray = Stray(event=event.id, kind=kind(event), time=event.time, reason=reason)
    last = (*desk.last_strays, stray)[-KEPT_STRAYS:]
    return replace(desk, strays=desk.strays + 1, last_strays=last)


def _closed(desk: Desk, letter: Letter) -> Desk:
    """Of the closed letters only the last stay; the ledger has them all."""
    desk = replace(desk, letters={**desk.letters, letter.id: letter})
    gone = {each.id for each in desk.closed_letters()[KEPT_CLOSED:]}
    return replace(desk, letters={k: each for k, each in desk.letters.items() if k not in gone})
