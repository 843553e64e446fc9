"""The desk of the platform team: the state of the stream ``platform``, folded from its events.

It keeps every dead letter that is open, a few that are closed, and the last events that belong to
no repository: what it keeps does not grow with the stream.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from core.events.base import Event
from core.events.codec import kind
from core.events.derived import EventIgnored
from core.events.desk import LetterBuried, LetterRedriven
from core.people import Person
from core.words import ReleaseId

replace = msgspec.structs.replace
KEPT_STRAYS: Final = 20
KEPT_CLOSED: Final = 50


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """An event that belongs to no repository, and why nothing came of it."""

    event: str
    kind: str
    time: datetime
    reason: str = ""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter; it is open until somebody sends it again."""

    id: str
    queue: str
    message: str
    reason: str
    since: datetime
    about: str = ""
    release: ReleaseId = ReleaseId("")
    redriven_by: Person | None = None
    redriven: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.redriven is None


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform team has before it. ``strays`` counts all of them, not only the last."""

    version: int = 0
    strays: int = 0
    last_strays: tuple[Stray, ...] = ()
    letters: dict[str, Letter] = {}

    def open_letters(self) -> tuple[Letter, ...]:
        """What nobody has sent again yet, the oldest first."""
        found = (letter for letter in self.letters.values() if letter.is_open)
        return tuple(sorted(found, key=lambda letter: letter.since))


def letter_id(queue: str, message: str) -> str:
    """What a letter's card is known by."""
    return f"{queue}/{message}"


E = TypeVar("E", bound=Event)
DESK_FOLDS: Final[dict[type[Event], Callable[[Desk, Any], Desk]]] = {}


def folds_desk(kind: type[E]) -> Callable[[Callable[[Desk, E], Desk]], Callable[[Desk, E], Desk]]:
    """The decorated function makes the desk that comes after an event of this kind."""

    def register(function: Callable[[Desk, E], Desk]) -> Callable[[Desk, E], Desk]:
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
    letter = Letter(
        id=letter_id(event.queue, event.message), queue=event.queue, message=event.message,
        reason=event.reason, since=event.time, about=event.about, release=event.release,
    )  # fmt: skip
    return replace(desk, letters={**desk.letters, letter.id: letter})


@folds_desk(LetterRedriven)
def _redriven(desk: Desk, event: LetterRedriven) -> Desk:
    """What was sent again already, or never was a letter, moves nothing."""
    letter = desk.letters.get(letter_id(event.queue, event.message))
    if letter is None or not letter.is_open:
        return desk
    closed = replace(letter, redriven_by=event.by, redriven=event.time)
    return replace(desk, letters=_bounded({**desk.letters, letter.id: closed}))


@folds_desk(EventIgnored)
def _ignored(desk: Desk, event: EventIgnored) -> Desk:
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


def _bounded(letters: dict[str, Letter]) -> dict[str, Letter]:
    """Of the closed letters only the last; the ledger has them all."""
    closed = [letter for letter in letters.values() if letter.redriven]
    last = sorted(closed, key=lambda letter: str(letter.redriven))[-KEPT_CLOSED:]
    kept = {letter.id for letter in last}
    return {key: letter for key, letter in letters.items() if letter.is_open or key in kept}
