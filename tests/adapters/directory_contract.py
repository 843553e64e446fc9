"""What every directory must do: a subclass brings the fixture ``directory``, which has ``PEOPLE``."""

import msgspec
import pytest

from core.people import Person
from core.ports import Directory
from core.words import PersonId

ID = "7d0c7f2e-0000-4000-8000-00000000000a"
BJORN = Person(
    id=PersonId(ID), name="Bjørn Dahl", groups=frozenset({"Credit_Risk"}),
    emails=("bjo\u0308rn@bank.example", "b.dahl@bank.example"),
    accounts=("bdahl@bank.onmicrosoft.example", "BANK\\bdahl", "host-4711"),
)  # fmt: skip
SECOND = Person(
    id=PersonId("bjorn-admin"), name="Bjørn Dahl (admin)", same_as=(BJORN.id,),
    groups=frozenset({"approvers"}),
)  # fmt: skip
THIRD = Person(id=PersonId("bjorn-old"), name="Bjørn Dahl (before)", same_as=(SECOND.id,))
LEAVER = Person(
    id=PersonId("leif"), name="Leif Moe", emails=("leif@bank.example",),
    groups=frozenset({"credit_risk", "approvers"}), is_active=False,
)  # fmt: skip
OTHER = Person(id=PersonId("other"), name="Olga Vik", groups=frozenset({"credit_risk", ""}))
PEOPLE = (BJORN, SECOND, THIRD, LEAVER, OTHER)


class DirectoryContract:
    async def test_a_person_is_found_by_the_object_id_alone(self, directory: Directory):
        found = await directory.person(ID)
        assert found is not None
        assert (found.name, found.is_active) == ("Bjørn Dahl", True)
        assert await directory.person("b.dahl@bank.example") is None
        assert await directory.person("") is None

    @pytest.mark.parametrize(
        "name",
        [
            ID, ID.upper(), "b.dahl@bank.example", " B.Dahl@Bank.Example ", "BANK\\bdahl",
            "bank\\BDAHL", "bdahl@bank.onmicrosoft.example", "HOST-4711",
            "bj\u00f6rn@bank.example", "BJO\u0308RN@bank.example", "BJ\u00d6RN@bank.example",
        ],
    )  # fmt: skip
    async def test_a_person_is_found_by_every_name_of_theirs(self, directory: Directory, name):
        found = await directory.known_as(name)
        assert found is not None
        assert found.id == ID

    @pytest.mark.parametrize(
        "name", ["", "  ", "Bjørn Dahl", "dahl@bank.example", "bdahl", "OTHER\\bdahl", "host-471"]
    )
    async def test_nobody_is_found_by_what_is_not_theirs(self, directory: Directory, name):
        assert await directory.known_as(name) is None

    @pytest.mark.parametrize("person", [BJORN, SECOND, THIRD], ids=["first", "second", "third"])
    async def test_every_account_of_one_human_knows_all_others(self, directory, person):
        found = await directory.person(person.id)
        assert set(found.same_as) == {BJORN.id, SECOND.id, THIRD.id} - {person.id}
        assert len(found.same_as) == 2

    async def test_who_has_one_account_is_the_same_as_nobody(self, directory: Directory):
        found = await directory.known_as("other")
        assert found is not None
        assert found.same_as == ()

    @pytest.mark.parametrize("name", ["leif", "LEIF@bank.example"])
    async def test_who_is_disabled_is_found_and_said_to_be(self, directory: Directory, name):
        found = await directory.known_as(name)
        assert found is not None
        assert not found.is_active
        assert await directory.person("leif") == found

    @pytest.mark.parametrize("group", ["credit_risk", " Credit_Risk ", "CREDIT_RISK"])
    async def test_members_are_the_active_ones_whatever_the_groups_case(self, directory, group):
        found = await directory.members(group)
        assert {person.id for person in found} == {ID, "other"}

    @pytest.mark.parametrize("group", ["", " ", "credit", "nobody"])
    async def test_a_group_without_a_name_or_unknown_has_no_members(self, directory, group):
        assert await directory.members(group) == ()

    async def test_a_person_is_the_same_however_found(self, directory: Directory):
        by_id, by_name = await directory.person(ID), await directory.known_as("bank\\bdahl")
        assert by_id is not None
        assert msgspec.json.encode(by_id) == msgspec.json.encode(by_name)
