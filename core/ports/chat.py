"""The ports of chats: cards in a conversation, and what a chat remembers of where that is."""

from typing import Protocol

from core.card import Card


class Chat(Protocol):
    """Each of its surfaces is one (Teams, the chat window), and so are all of them together."""

    async def post(self, conversation: str, card: Card) -> str:
        """Return the activity's id, to update the card in place later."""

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        """Raise UnknownNameError when the activity is no longer there: post a new one."""


class Conversations(Protocol):
    """Where a conversation is reached, in the words of its chat, so that any process may post."""

    async def find_place(self, conversation: str) -> str | None:
        """The chat has kept this of the conversation last; None when it never did."""

    async def keep_place(self, conversation: str, place: str) -> None:
        """Every message may tell it anew: only what has changed is written."""
