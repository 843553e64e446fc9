"""People: names compare as people write them, and an empty group has nobody in it."""

import pytest

from core.people import Person, folded
from core.words import PersonId

COMPOSED = "bj\u00f6rn@bank.example"
APART = "bjo\u0308rn@bank.example"


@pytest.mark.parametrize("spelling", [COMPOSED, APART, APART.upper(), f"  {COMPOSED}\t"])
def test_one_name_however_it_is_spelled(spelling):
    assert folded(spelling) == folded(COMPOSED)


@pytest.mark.parametrize("group", ["Credit_Risk", " credit_risk ", "CREDIT_RISK"])
def test_groups_compare_trimmed_and_without_case(group):
    person = Person(id=PersonId("a"), name="A", groups=frozenset({"credit_risk"}))
    padded = Person(id=PersonId("a"), name="A", groups=frozenset({" Credit_Risk "}))
    assert person.is_member(group)
    assert padded.is_member(group)


@pytest.mark.parametrize("group", ["", " ", "\t\n", "\u00a0"])
@pytest.mark.parametrize("groups", [(), ("",), (" ",), ("credit",)])
def test_nobody_is_a_member_of_a_group_without_a_name(group, groups):
    assert not Person(id=PersonId("a"), name="A", groups=frozenset(groups)).is_member(group)


def test_the_names_of_a_human_are_all_ids_addresses_and_accounts():
    person = Person(
        id=PersonId("A"), name="Not a name to be found by", emails=("a@X",), accounts=("BANK\\a",),
        same_as=(PersonId("b"),),
    )  # fmt: skip
    assert person.names == {"a", "b", "a@x", "bank\\a"}
