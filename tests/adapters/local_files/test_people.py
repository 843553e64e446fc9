"""The directory of people.yml: who is who, and that nobody is two."""

import pytest

from adapters.local_files.people import PeopleFile, example_people, local_person
from core.errors import SettingsError


def a_person(id_="a", *emails, groups=()):
    return local_person(id_, f"Name of {id_}", emails, groups)


async def test_a_person_is_found_by_the_object_id():
    directory = PeopleFile([a_person("a"), a_person("b")])
    assert (await directory.person("b")) == a_person("b")
    assert (await directory.person("B")) is None
    assert (await directory.person("")) is None


@pytest.mark.parametrize("address", ["a@bank.example", " A@Bank.Example ", "second@x", "a", "A"])
async def test_a_person_is_found_by_any_address_or_user_name(address):
    directory = PeopleFile([a_person("b", "b@x"), a_person("a", "a@bank.example", "second@x")])
    found = await directory.known_as(address)
    assert found is not None
    assert found.id == "a"


@pytest.mark.parametrize("address", ["", "c@bank.example", "bank.example"])
async def test_nobody_has_an_address_that_is_not_theirs(address):
    assert await PeopleFile([a_person("a", "a@bank.example")]).known_as(address) is None


async def test_members_of_a_group_compare_without_case():
    directory = PeopleFile([a_person("a", groups=["Credit_Risk"]), a_person("b")])
    assert [p.id for p in await directory.members("credit_risk")] == ["a"]


async def test_nobody_of_the_file_is_verified_by_it():
    assert {p.identity for p in PeopleFile(example_people()).everybody()} == {"local_unverified"}


SHARED = {
    "an id": ([a_person("a"), a_person("a")], "the id 'a'"),
    "an id but for case": ([a_person("a"), a_person("A")], "the id 'a'"),
    "an address": ([a_person("a", "x@y"), a_person("b", "X@Y")], "the name 'x@y'"),
    "an id that is another's address": ([a_person("x@y"), a_person("b", "x@y")], "'x@y'"),
}


@pytest.mark.parametrize(("people", "message"), SHARED.values(), ids=SHARED)
def test_two_people_may_not_share(people, message):
    with pytest.raises(SettingsError, match=message):
        PeopleFile(people)


def test_the_same_address_twice_for_one_person_is_no_harm():
    assert PeopleFile([a_person("a", "x@y", "X@Y", "a")]).everybody()


async def test_the_example_has_somebody_for_every_part_of_the_story():
    directory = PeopleFile(example_people())
    team = {p.id for p in await directory.members("credit_risk")}
    approvers = {p.id for p in await directory.members("approvers")}
    assert len(team) == 2
    assert approvers - team
    assert approvers & team
    assert await directory.members("gbi_platform")
    assert await directory.members("auditors")
