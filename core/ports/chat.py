"""The chat port: cards in a conversation."""

from typing import Protocol

from core.card import Card


class Chat(Protocol):
    """Each of its surfaces is one (Teams, the chat window), and so are all of them together."""

    async def post(self, conversation: str, card: Card) -> str:
        """Return the activity's id, to update the card in place later."""

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        """Raise UnknownNameError when the activity is no longer there: post a new one."""
