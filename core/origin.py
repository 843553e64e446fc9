"""Where an event comes from, and what may be written from there: whatever is not named is refused.

The queue "events" is open to whoever may send to it, so nothing that comes through it decides.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import ModuleType
from typing import Final

from core.errors import ForeignEventError
from core.events import outside, people, workers
from core.events.base import Event
from core.events.codec import kind, kinds_of
from core.events.desk import (
    ConversationMoved,
    HostSlowed,
    LetterBuried,
    LetterGone,
    MappingRequested,
    RedriveRequested,
    RepositoriesFound,
    SubscriptionsChanged,
)
from core.events.people import RetryRequested
from core.people import COMMAND_LINE, Person


class EventOrigin(StrEnum):
    """Who hands an event to ``Handle``; what the flow derives from it needs none."""

    OUTSIDE = "outside"  # a delivery, by way of the queue "events"
    WORKER = "a worker"
    CHAT = "a chat"  # what a chat tells of its conversations, said by nobody
    BOT = "the bot"  # a person whom the signed endpoint has told apart
    PULL_REQUEST = "a comment of a pull request"  # whose author the host has told us
    COMMAND_LINE = "the command line"


def _all(*modules: ModuleType) -> frozenset[type[Event]]:
    return frozenset(found for module in modules for found in kinds_of(module))


MAY_WRITE: Final[Mapping[EventOrigin, frozenset[type[Event]]]] = {
    EventOrigin.OUTSIDE: _all(outside),
    EventOrigin.CHAT: frozenset({ConversationMoved}),
    EventOrigin.WORKER: _all(workers)
    | {HostSlowed, LetterBuried, LetterGone, RepositoriesFound, SubscriptionsChanged},
    EventOrigin.BOT: _all(people) | {RedriveRequested, MappingRequested},
    EventOrigin.PULL_REQUEST: frozenset({RetryRequested}),
    EventOrigin.COMMAND_LINE: frozenset({MappingRequested}),
}

FOREIGN: Final = (
    "{kind} cannot come from {origin}. Nothing was decided and nothing was written; find out who "
    "sent it."
)


def refuse_foreign(event: Event, origin: EventOrigin) -> None:
    """Raise ForeignEventError for an event that this origin may not write.

    Who speaks for the command line speaks there alone, and nobody else does.
    """
    by = getattr(event, "by", None)
    is_from_shell = isinstance(by, Person) and by.identity == COMMAND_LINE
    is_said_so = is_from_shell == (origin is EventOrigin.COMMAND_LINE)
    if type(event) not in MAY_WRITE[origin] or not is_said_so:
        raise ForeignEventError(FOREIGN.format(kind=kind(event), origin=origin))
