"""The ports to people: the directory, and the secrets that connect us."""

from typing import Protocol

from core.people import Person


class Directory(Protocol):
    async def person(self, object_id: str) -> Person | None: ...

    async def by_email(self, email: str) -> Person | None:
        """Find a person by an address, whatever its case, or by a git host's user name."""

    async def members(self, group: str) -> tuple[Person, ...]: ...


class Secrets(Protocol):
    def secret(self, name: str) -> str:
        """Raise SettingsError, naming the secret, when it is not set."""
