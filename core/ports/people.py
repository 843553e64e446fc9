"""The ports to people: the directory, and the secrets that connect us."""

from typing import Protocol

from core.people import Person


class Directory(Protocol):
    """Who is who. A person who is not active any more is found, and is a member of nothing."""

    async def person(self, object_id: str) -> Person | None: ...

    async def known_as(self, name: str) -> Person | None:
        r"""Find a person by any name that is theirs, whatever its case.

        That is an object id, an e-mail address, a user principal name, ``DOMAIN\account``, an
        alias or a host's id.
        """

    async def members(self, group: str) -> tuple[Person, ...]:
        """Return the active members of a group; a group without a name has none."""


class Secrets(Protocol):
    def secret(self, name: str) -> str:
        """Raise SettingsError, naming the secret, when it is not set."""
