"""What a button asks for: its card's file says so beside its render function."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Generic, TypeVar

import msgspec

from core.conversation import Click
from core.errors import RefusedError, UnknownNameError
from core.events.base import Event
from core.events.people import PromotionGivenUp, RequestWithdrawn, RetryRequested
from core.typed_text import LONGEST, clean, written
from core.words import ReleaseId, Stage

__all__ = [
    "Click",
    "Clicks",
    "Draft",
    "giving_up_of",
    "named",
    "readable",
    "release_of",
    "retry_of",
    "short",
    "stage_named",
    "typed",
    "withdrawal_of",
]

NO_ID = (
    "The chat sent this press without an id, so it could not be told from another one. Nothing was "
    "done; press the button again."
)
TOO_LONG = (
    "One of the texts has {count} letters, and {limit} is the most that is kept. Nothing was done; "
    "shorten it, or link to where the rest is, and press again."
)

# an event that lacks only its ``time``, which the bot's clock tells; None where a card is shown
Draft = Callable[..., Event] | None
Answer = TypeVar("Answer")
Wanted = Callable[[Click], Answer]


class Clicks(Generic[Answer]):
    """``@clicks.on("approval.approve")``; a verb belongs to one function only."""

    def __init__(self) -> None:
        self._wanted: dict[str, Wanted[Answer]] = {}

    def on(self, verb: str) -> Callable[[Wanted[Answer]], Wanted[Answer]]:
        def register(wanted: Wanted[Answer]) -> Wanted[Answer]:
            if verb in self._wanted:
                raise ValueError(f"the verb {verb!r} is taken; every verb has one function")
            self._wanted[verb] = wanted
            return wanted

        return register

    def include(self, others: Iterable["Clicks[Answer]"]) -> None:
        """Take over the verbs of the cards' files."""
        for other in others:
            for verb, wanted in other.verbs.items():
                self.on(verb)(wanted)

    def answer(self, click: Click) -> Answer:
        """Raise UnknownNameError for a button that an older card still carries."""
        wanted = self._wanted.get(click.verb)
        if wanted is None:
            raise UnknownNameError("button", click.verb)
        return wanted(click)

    @property
    def verbs(self) -> Mapping[str, Wanted[Answer]]:
        return self._wanted


def readable(click: Click) -> Click:
    """Return the click with clean texts. Raise RefusedError, in words, for one without an id.

    Without it the same press a second time would be another one.
    """
    if not click.id:
        raise RefusedError(NO_ID)
    data = {name: clean(text) for name, text in click.data.items()}
    return msgspec.structs.replace(click, data=data)


def named(click: Click, name: str) -> str:
    """What the button says it is about; raise UnknownNameError for a card that says nothing."""
    value = click.data.get(name, "")
    if not value:
        raise UnknownNameError(name, value)
    return value


def release_of(click: Click) -> ReleaseId:
    return ReleaseId(named(click, "release"))


def retry_of(click: Click) -> Draft:
    """Return the draft of a retry of the step that stopped; two cards have such a button."""
    release = release_of(click)
    return partial(
        RetryRequested,
        id=f"retry/{release}/{click.person.id}/{click.id}",
        release=release,
        by=click.person,
    )


def withdrawal_of(click: Click) -> Draft:
    """Return the draft of taking a request back; two cards have such a button."""
    return _freeing(click, RequestWithdrawn, "withdraw")


def giving_up_of(click: Click) -> Draft:
    """Return the draft of giving a promotion up; two cards have such a button."""
    return _freeing(click, PromotionGivenUp, "give-up")


def _freeing(
    click: Click, kind: type[RequestWithdrawn | PromotionGivenUp], what: str
) -> Callable[..., Event]:
    release, stage = release_of(click), stage_named(named(click, "stage"))
    return partial(
        kind,
        id=f"{what}/{release}/{stage}/{click.person.id}/{click.id}",
        release=release,
        stage=stage,
        by=click.person,
    )


def stage_named(word: str) -> Stage:
    """Raise UnknownNameError for what is no stage."""
    found = next((stage for stage in Stage if stage.casefold() == word.casefold()), None)
    if found is None:
        raise UnknownNameError("stage", word, [str(Stage.QA), str(Stage.PROD)])
    return found


def typed(click: Click, name: str) -> str:
    """What the person wrote; an empty input may be missing. Raise RefusedError for too much."""
    return short(written(click.data.get(name, "")))


def short(text: str) -> str:
    if len(text) > LONGEST:
        raise RefusedError(TOO_LONG.format(count=len(text), limit=LONGEST))
    return text
