"""What a button asks for: an event that lacks only its time, which the bot's clock tells."""

from collections.abc import Callable

from core.conversation import Click
from core.errors import UnknownNameError
from core.events.base import Event
from core.words import ReleaseId

# called with ``time``; None where the button only shows a card
Draft = Callable[..., Event] | None


def named(click: Click, name: str) -> str:
    """What the button says it is about; raise UnknownNameError for a card that says nothing."""
    value = click.data.get(name, "")
    if not value:
        raise UnknownNameError(name, value)
    return value


def release_of(click: Click) -> ReleaseId:
    return ReleaseId(named(click, "release"))


def typed(click: Click, name: str) -> str:
    """What the person wrote; an empty input may be missing."""
    return click.data.get(name, "").strip()
