"""People, as the directory knows them."""

import msgspec

from core.words import PersonId


class Person(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Somebody who may decide: known by the object id, never by a display name.

    ``identity`` says how the id was established: ``verified`` by the channel's token, or
    ``local_unverified`` where the person was picked in the local chat window.
    """

    id: PersonId
    name: str
    emails: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    identity: str = "verified"

    def is_member(self, group: str) -> bool:
        return group.casefold() in {name.casefold() for name in self.groups}


UNKNOWN = Person(id=PersonId(""), name="somebody unknown", identity="unknown")
