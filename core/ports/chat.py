"""The ports of chats: cards in a conversation, and what a chat remembers of where that is."""

from typing import Protocol

from core.card import Card


class Chat(Protocol):
    """Cards are shown on a surface, such as Teams; all surfaces together are a chat, too.

    Raise RefusedByChatError for a card that will never be taken: others wait behind it.
    """

    async def post(self, conversation: str, card: Card) -> str:
        """Return the activity's id, to update the card in place later."""

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        """Raise UnknownNameError when the activity is no longer there: post a new one."""

    async def link(self, conversation: str, activity: str) -> str:
        """Return an address at which a person reads the card, or "" where there is none."""


class Conversations(Protocol):
    """Where a conversation is reached, in the words of its chat, so that any process may post."""

    async def find_place(self, conversation: str) -> str | None:
        """What the chat kept last of the conversation; None when it never did."""

    async def keep_place(self, conversation: str, place: str) -> None:
        """Keep the place; every message may tell it anew, and only a change is written."""
