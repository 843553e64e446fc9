"""The directory of one machine: the people of people.yml."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Final

from core.errors import SettingsError
from core.people import Person, folded
from core.words import PersonId

LOCAL: Final = "local_unverified"

TWICE = (
    "people.yml gives {what} {value!r} to more than one person. Nothing was started: who decides "
    "would be unclear. Give each person their own."
)


class PeopleFile:
    """Implements ``core.ports.Directory``.

    Raise SettingsError for an id or an address that two people share.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = tuple(people)
        _refuse_twice("the id", (folded(person.id) for person in self._people))
        _refuse_twice("the name", chain.from_iterable(map(_names, self._people)))

    def everybody(self) -> tuple[Person, ...]:
        """Return all people, in the file's order, for the local chat window to offer."""
        return self._people

    async def person(self, object_id: str) -> Person | None:
        return next((person for person in self._people if person.id == object_id), None)

    async def known_as(self, name: str) -> Person | None:
        """Find a person by a name of theirs; the id is the host's user name here."""
        wanted = folded(name)
        return next((person for person in self._people if wanted in _names(person)), None)

    async def members(self, group: str) -> tuple[Person, ...]:
        return tuple(
            person for person in self._people if person.is_active and person.is_member(group)
        )


def example_people() -> tuple[Person, ...]:
    """Invented people for a first start: every part of the story has somebody to play it."""
    return (
        _person("astrid", "Astrid Lund", "credit_risk"),
        _person("bo", "Bo Ekman", "credit_risk", "approvers"),
        _person("carin", "Carin Sjöberg", "approvers"),
        _person("dag", "Dag Holm", "gbi_platform"),
        _person("eva", "Eva Nyström", "auditors"),
        _person("filip", "Filip Åker", "market_risk"),
    )


def local_person(id_: str, name: str, emails: Iterable[str], groups: Iterable[str]) -> Person:
    """Make a person of people.yml, who stays unverified: nobody signs in on one machine."""
    return Person(
        id=PersonId(id_),
        name=name,
        emails=tuple(emails),
        groups=frozenset(groups),
        identity=LOCAL,
    )


def _person(id_: str, name: str, *groups: str) -> Person:
    return local_person(id_, name, [f"{id_}@bank.example"], groups)


def _names(person: Person) -> set[str]:
    return {folded(name) for name in (person.id, *person.emails, *person.accounts)}


def _refuse_twice(what: str, values: Iterable[str]) -> None:
    for value, times in Counter(values).items():
        if times > 1:
            raise SettingsError(TWICE.format(what=what, value=value))
