"""The directory of one machine: the people of people.yml."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from core.errors import SettingsError
from core.people import Person, folded
from core.words import PersonId

LOCAL: Final = "local_unverified"
NOTHING: Final = "Nothing was started: who decides would be unclear."

TWICE: Final = "people.yml gives the id {value!r} twice. {nothing} Give each person their own."
SHARED: Final = (
    "people.yml gives the name {value!r} to {one} and to {other}. {nothing} Give each person their "
    "own, or write `same_as: [{one}]` at {other} if they are one human."
)
NO_SUCH: Final = (
    "people.yml says that {person} is the same human as {other!r}, and has nobody of that id. "
    "{nothing} Write an id of the file in `same_as`."
)


class PeopleFile:
    """Implements ``core.ports.Directory``; an id is also the host's user name here.

    Raise SettingsError for an id that is given twice, for a name that two people share, and for
    ``same_as`` with an id that nobody has.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = _with_all_ids(tuple(people))
        self._by_id = {person.id: person for person in self._people}
        self._by_name = _by_name(self._people)

    def everybody(self) -> tuple[Person, ...]:
        """Return all people, in the file's order, for the local chat window to offer."""
        return self._people

    async def person(self, object_id: str) -> Person | None:
        return self._by_id.get(PersonId(object_id))

    async def known_as(self, name: str) -> Person | None:
        return self._by_name.get(folded(name))

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


def _with_all_ids(people: tuple[Person, ...]) -> tuple[Person, ...]:
    """Give each person all other ids of the same human, whichever of them says so."""
    ids = {folded(person.id): person.id for person in people}
    for value, times in Counter(folded(person.id) for person in people).items():
        if times > 1:
            raise SettingsError(TWICE.format(value=value, nothing=NOTHING))
    humans = _humans(people, ids)
    return tuple(
        msgspec.structs.replace(
            person,
            same_as=tuple(ids[key] for key in ids if key in humans[mine] and key != mine),
        )
        for mine, person in zip(ids, people, strict=True)
    )


def _humans(people: Iterable[Person], ids: Mapping[str, PersonId]) -> dict[str, frozenset[str]]:
    """Tell for each id the ids of its human, itself among them."""
    humans = {key: frozenset({key}) for key in ids}
    for person in people:
        for other in person.same_as:
            if folded(other) not in humans:
                raise SettingsError(NO_SUCH.format(person=person.id, other=other, nothing=NOTHING))
            joined = humans[folded(person.id)] | humans[folded(other)]
            humans |= dict.fromkeys(joined, joined)
    return humans


def _by_name(people: Iterable[Person]) -> dict[str, Person]:
    """Find people by any name: of one human's accounts the one that has it as its id comes first.

    Then comes one that is active, then the first of the file.
    """
    names: dict[str, Person] = {}
    for person in sorted(people, key=lambda person: not person.is_active):
        for name in filter(None, map(folded, (*person.emails, *person.accounts))):
            _refuse_shared(name, names.setdefault(name, person), person)
    for person in people:
        name = folded(person.id)
        _refuse_shared(name, names.get(name, person), person)
        names[name] = person
    return names


def _refuse_shared(name: str, one: Person, other: Person) -> None:
    if other.id != one.id and other.id not in one.same_as:
        raise SettingsError(SHARED.format(value=name, one=one.id, other=other.id, nothing=NOTHING))
