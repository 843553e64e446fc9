"""Reads people.yml: who there is, under which names, in which groups, and who has left."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from adapters.local_files.people import PeopleFile, local_person
from core.people import Person
from sluss.home.strict_yaml import decode, read

PEOPLE_FILE: Final = "people.yml"

_Named = Annotated[str, msgspec.Meta(pattern=r"\S")]


class _PersonEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: _Named
    name: _Named
    emails: tuple[_Named, ...] = ()
    groups: tuple[str, ...] = ()
    accounts: tuple[_Named, ...] = ()
    same_as: tuple[_Named, ...] = ()
    disabled: bool = False

    def person(self) -> Person:
        return msgspec.structs.replace(
            local_person(self.id, self.name, self.emails, self.groups),
            accounts=self.accounts,
            same_as=self.same_as,
            is_active=not self.disabled,
        )


class _People(msgspec.Struct, frozen=True):
    people: tuple[_PersonEntry, ...] = ()


def read_people(home: Path) -> tuple[Person, ...]:
    entries = decode(read(home / PEOPLE_FILE), _People, PEOPLE_FILE).people
    return PeopleFile(entry.person() for entry in entries).everybody()
