"""What a chat surface and the bot say to each other: a text or a click in, a card out."""

from typing import Protocol

import msgspec

from core.card import Card
from core.people import Person
from core.words import PersonId

APPROVALS = "approvals"  # the conversation where approvers meet, unless platform.yml says otherwise


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """One press of a button.

    ``id`` is the activity's id: the same when the surface sends the press again, another when the
    person presses again. ``data`` is the button's data and what was typed into the card; an empty
    optional input may be missing. None of it says who the person is: ``person`` comes from the
    verified activity. ``activity`` is the card that carries the button.
    """

    id: str
    person: Person
    verb: str
    data: dict[str, str] = {}
    conversation: str = ""
    activity: str = ""


class Bot(Protocol):
    """Raise a SlussError to refuse: its message is shown to that person, the card stays usable."""

    async def message(self, person: Person, text: str, conversation: str) -> Card: ...

    async def click(self, click: Click) -> Card:
        """The card as it is now. An ``is_private`` card is for this person's eyes only."""


def direct(person: PersonId) -> str:
    """The name of a person's own conversation with the bot."""
    return f"@{person}"
