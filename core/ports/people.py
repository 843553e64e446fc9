"""The ports to people: chat, directory, and the secrets that connect us."""

from typing import Protocol

from core.card import Card
from core.people import Person


class Chat(Protocol):
    async def post(self, conversation: str, card: Card) -> str:
        """Return the activity's id, to update the card in place later."""

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        """Raise UnknownNameError when the activity is no longer there: post a new one."""


class Directory(Protocol):
    async def person(self, object_id: str) -> Person | None: ...

    async def by_email(self, email: str) -> Person | None:
        """Also finds a host's user name; addresses compare without case."""

    async def members(self, group: str) -> tuple[Person, ...]: ...


class Secrets(Protocol):
    def secret(self, name: str) -> str:
        """Raise SettingsError, naming the secret, when it is not set."""
