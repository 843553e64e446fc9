"""A repository is found by its id at the host, however that is spelled."""

import pytest

from core.platform import Platform, Repository, canonical_id
from core.words import Stream

GUID = "2f3d611a-f012-4b39-b157-8db63f380226"
SPELLINGS = [
    GUID,
    GUID.upper(),
    GUID.replace("-", ""),
    f"{{{GUID.upper()}}}",
    f"({GUID})",
    f"  {GUID} ",
]
NO_GUIDS = [
    "", "loan", "Loan", "r1", "{loan}", f"{GUID}0", GUID[1:], f"{{{GUID}", f"urn:uuid:{GUID}",
    GUID.replace("2f3", "xyz"), GUID.replace("-", "", 1), "\N{FULLWIDTH DIGIT TWO}" * 32, f"{GUID}\n{GUID}",
]  # fmt: skip


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_guid_is_one_id_however_it_is_spelled(spelled):
    assert canonical_id(spelled) == GUID


@pytest.mark.parametrize("host_id", NO_GUIDS)
def test_what_is_no_guid_stays_as_it_is(host_id):
    assert canonical_id(host_id) == host_id


@pytest.mark.parametrize("written", SPELLINGS)
@pytest.mark.parametrize("asked", SPELLINGS)
def test_a_repository_is_found_in_any_spelling_of_either(written, asked):
    known = Repository(id=written, name=Stream("loan"), team="credit_risk")
    found = Platform(repositories=(known,)).repository(asked)
    assert found is known
    assert found.id == GUID


def test_one_id_in_two_spellings_is_given_twice():
    twice = (
        Repository(id=GUID.upper(), name=Stream("loan"), team="credit_risk"),
        Repository(id=GUID.replace("-", ""), name=Stream("churn"), team="credit_risk"),
    )
    assert Platform(repositories=twice).problems() == [f"repository id '{GUID}' is given twice"]
