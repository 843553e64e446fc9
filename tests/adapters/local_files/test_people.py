"""The directory of people.yml: who is who, and that nobody is two."""

import re

import msgspec
import pytest

from adapters.local_files.people import PeopleFile, example_people, local_person
from core.errors import SettingsError
from tests.adapters.directory_contract import PEOPLE, DirectoryContract


def a_person(id_="a", *emails, accounts=(), same_as=(), is_active=True):
    return msgspec.structs.replace(
        local_person(id_, f"Name of {id_}", emails, ()),
        accounts=accounts, same_as=same_as, is_active=is_active,
    )  # fmt: skip


class TestPeopleFile(DirectoryContract):
    @pytest.fixture
    def directory(self):
        return PeopleFile(PEOPLE)


async def test_nobody_of_the_file_is_verified_by_it():
    assert {p.identity for p in PeopleFile(example_people()).everybody()} == {"local_unverified"}


SHARED = {
    "an id": ([a_person("a"), a_person("a")], "the id 'a' twice"),
    "an id but for case": ([a_person("a"), a_person(" A ")], "the id 'a' twice"),
    "an address": ([a_person("a", "x@y"), a_person("b", "X@Y ")], "'x@y' to a and to b"),
    "an address that is an id": ([a_person("x@y"), a_person("b", "x@y")], "'x@y' to b and to x@y"),
    "an account": (
        [a_person("a", accounts=("D\\a",)), a_person("b", accounts=("d\\A",))], "to a and to b"
    ),
    "an account that is an address": (
        [a_person("a", "x@y"), a_person("b", accounts=("x@y",))], "'x@y' to a and to b"
    ),
    "an address in two spellings of one letter": (
        [a_person("a", "\u00f6@y"), a_person("b", "o\u0308@y")], "to a and to b"
    ),
    "an address with one who left": (
        [a_person("a", "x@y", is_active=False), a_person("b", "x@y")], "'x@y' to b and to a"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("people", "message"), SHARED.values(), ids=SHARED)
def test_two_people_may_not_share(people, message):
    with pytest.raises(SettingsError, match=re.escape(message)):
        PeopleFile(people)


def test_the_same_address_twice_for_one_person_is_no_harm():
    assert PeopleFile([a_person("a", "x@y", "X@Y", "a")]).everybody()


async def test_one_human_may_share_and_is_found_where_the_name_is_the_id_or_who_is_active():
    first = a_person("a", "x@y", "b", is_active=False)
    directory = PeopleFile([first, a_person("b", "x@y", same_as=("A",))])
    assert [(await directory.known_as(name)).id for name in ("a", "b", "x@y")] == ["a", "b", "b"]


def test_the_same_human_is_said_once_and_holds_both_ways_through_others():
    chain = [a_person("a"), a_person("b", same_as=("a",)), a_person("c", same_as=("b", "c"))]
    assert [one.same_as for one in PeopleFile(chain).everybody()] == [
        ("b", "c"), ("a", "c"), ("a", "b"),
    ]  # fmt: skip
    again = PeopleFile(PeopleFile(chain).everybody()).everybody()
    assert again == PeopleFile(chain).everybody()


def test_two_pairs_become_one_human_when_somebody_joins_them():
    people = [
        a_person("a", same_as=("b",)), a_person("b"), a_person("c", same_as=("d",)),
        a_person("d", same_as=("a",)), a_person("e"),
    ]  # fmt: skip
    found = {one.id: set(one.same_as) for one in PeopleFile(people).everybody()}
    assert found["c"] == {"a", "b", "d"}
    assert found["b"] == {"a", "c", "d"}
    assert found["e"] == set()


def test_nobody_is_the_same_as_somebody_who_is_not_there():
    with pytest.raises(SettingsError, match="a is the same human as 'z', and has nobody of that"):
        PeopleFile([a_person("a", same_as=("z",))])


async def test_the_example_has_somebody_for_every_part_of_the_story():
    directory = PeopleFile(example_people())
    team = {p.id for p in await directory.members("credit_risk")}
    approvers = {p.id for p in await directory.members("approvers")}
    assert len(team) == 2
    assert approvers - team
    assert approvers & team
    assert await directory.members("gbi_platform")
    assert await directory.members("auditors")
