"""One chat for all surfaces: the name of a conversation says which of them it is on."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from core.card import Card
from core.errors import SettingsError
from core.ports import Chat

# "slack:risk"; Teams' own ids begin otherwise ("19:...", "a:...")
NAMED: Final = re.compile(r"([a-z][a-z_]+):(.+)", re.DOTALL)

NO_SURFACE: Final = (
    "The conversation {conversation!r} is on {surface!r}, and Sluss speaks on {known} here: no "
    "card can be shown there. Name another conversation in platform.yml, or connect that surface."
)


class Chats:
    """All surfaces as one ``core.ports.Chat``; a bare name is a conversation of ``default``."""

    def __init__(self, surfaces: Mapping[str, Chat], *, default: str) -> None:
        self._surfaces = dict(surfaces)
        self._default = default

    async def post(self, conversation: str, card: Card) -> str:
        chat, name = self._of(conversation)
        return await chat.post(name, card)

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        chat, name = self._of(conversation)
        await chat.update(name, activity, card)

    def check(self, conversations: Iterable[str]) -> None:
        """Raise SettingsError for one that no card could reach, before there is a card for it."""
        for conversation in conversations:
            self._of(conversation)

    def _of(self, conversation: str) -> tuple[Chat, str]:
        surface, name = place(conversation)
        chat = self._surfaces.get(surface or self._default)
        if chat is None:
            known = " and ".join(sorted(self._surfaces))
            message = NO_SURFACE.format(conversation=conversation, surface=surface, known=known)
            raise SettingsError(message)
        return chat, name


def place(conversation: str) -> tuple[str, str]:
    """The surface that is named ("" for none), and the conversation's own name there."""
    named = NAMED.fullmatch(conversation)
    return (named[1], named[2]) if named else ("", conversation)
