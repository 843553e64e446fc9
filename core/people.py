"""People, as the directory knows them."""

import unicodedata
from typing import Final

import msgspec

from core.words import PersonId

COMMAND_LINE: Final = "command_line"


def folded(name: str) -> str:
    """Return how names, addresses and groups compare: trimmed, without case, accents composed."""
    composed = unicodedata.normalize("NFC", name).strip()
    return unicodedata.normalize("NFC", composed.casefold())


class Person(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    r"""Somebody who may decide: known by the object id, never by a display name.

    ``identity`` says how the id was established: ``verified`` by the channel's token,
    ``local_unverified`` where the person was picked in the local chat window, or
    ``command_line`` for whoever has the shell of the machine.

    ``accounts`` are other names of theirs: user principal names, ``DOMAIN\account``, aliases, a
    host's ids. ``same_as`` are all other ids of the same human. Who is not active any more may
    still be an author, and decides nothing.
    """

    id: PersonId
    name: str
    emails: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    identity: str = "verified"
    accounts: tuple[str, ...] = ()
    same_as: tuple[PersonId, ...] = ()
    is_active: bool = True

    def is_member(self, group: str) -> bool:
        """Nobody is a member of a group without a name."""
        wanted = folded(group)
        return bool(wanted) and wanted in map(folded, self.groups)

    @property
    def names(self) -> frozenset[str]:
        """Every id, address and account of this human that the directory has here, folded."""
        found = (self.id, *self.same_as, *self.emails, *self.accounts)
        return frozenset(filter(None, map(folded, found)))


def at_the_command_line(login: str) -> Person:
    """Whoever has the shell of the machine; nobody else has told them apart."""
    return Person(
        id=PersonId("command line"), name=f"{login} at the command line", identity=COMMAND_LINE
    )


UNKNOWN = Person(id=PersonId(""), name="somebody unknown", identity="unknown")
