"""One chat for all surfaces: the name of a conversation says which of them it is on."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from core.card import Card
from core.errors import SettingsError, UnavailableError
from core.ports import Chat

# "slack:risk"; Teams' own ids begin otherwise ("19:...", "a:...")
NAMED: Final = re.compile(r"([a-z][a-z_]+):(.+)", re.DOTALL)

ANSWER_S: Final = 10.0
AT_ONCE: Final = 6  # calls to one conversation: of the slots for cards some are left to the others

SILENT: Final = (
    "The conversation {conversation!r} gave no answer within {limit_s:g} seconds. Nothing was "
    "lost; it is tried again by itself."
)
BUSY: Final = (
    "The conversation {conversation!r} has not answered what was sent to it yet. Nothing was lost; "
    "it is tried again by itself."
)
NO_SURFACE: Final = (
    "The conversation {conversation!r} is on {surface!r}, and Sluss speaks on {known} here: no "
    "card can be shown there. Name another conversation in platform.yml, or connect that surface."
)


class Chats:
    """All surfaces as one ``core.ports.Chat``; a bare name is a conversation of ``default``.

    One that takes a card and never answers must not hold up the cards of the others: a call has
    ``answer_s``, and after that the conversation gets one call at a time until it answers again.
    """

    def __init__(
        self, surfaces: Mapping[str, Chat], *, default: str, answer_s: float = ANSWER_S
    ) -> None:
        self._surfaces = dict(surfaces)
        self._default = default
        self._answer_s = answer_s
        self._calls: Counter[str] = Counter()  # under way, by conversation
        self._silent: set[str] = set()

    async def post(self, conversation: str, card: Card) -> str:
        chat, name = self._of(conversation)
        async with self._in_time(conversation):
            return await chat.post(name, card)

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        chat, name = self._of(conversation)
        async with self._in_time(conversation):
            await chat.update(name, activity, card)

    async def link(self, conversation: str, activity: str) -> str:
        chat, name = self._of(conversation)
        return await chat.link(name, activity)

    def check(self, conversations: Iterable[str]) -> None:
        """Raise SettingsError for one that no card could reach, before there is a card for it."""
        for conversation in conversations:
            self._of(conversation)

    @asynccontextmanager
    async def _in_time(self, conversation: str) -> AsyncIterator[None]:
        most = 1 if conversation in self._silent else AT_ONCE
        if self._calls[conversation] >= most:
            said = BUSY.format(conversation=conversation)
            raise UnavailableError(said, retry_after_s=0.5, longest_s=2.0)
        self._calls[conversation] += 1
        try:
            async with asyncio.timeout(self._answer_s) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            self._silent.add(conversation)
            said = SILENT.format(conversation=conversation, limit_s=self._answer_s)
            raise UnavailableError(said) from None
        else:
            self._silent.discard(conversation)
        finally:
            self._end(conversation)

    def _end(self, conversation: str) -> None:
        self._calls[conversation] -= 1
        if not self._calls[conversation]:
            del self._calls[conversation]

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
