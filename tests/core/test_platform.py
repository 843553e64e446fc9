"""A repository is found by its id at the host, however that is spelled."""

import pytest

from core.platform import GroupNames, Platform, Repository, TeamProject, canonical_id
from core.words import Stage, Stream

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


GROUPS = GroupNames(common="sluss-common", TST="sluss-tst", QA="sluss-qa", PROD="sluss-prod")


def test_a_stage_has_the_common_group_and_its_own():
    platform = Platform(variable_groups=GROUPS)
    assert platform.group_names("r1", "lending").of(Stage.QA) == ("sluss-common", "sluss-qa")


def test_a_stage_that_is_not_named_has_the_common_group_alone():
    assert GroupNames(common=("a", "b")).of(Stage.QA) == ("a", "b")
    assert GroupNames().of(Stage.QA) == ()


@pytest.mark.parametrize("spelling", ["lending", " Lending", GUID, GUID.upper()])
def test_a_project_and_a_repository_may_say_others(spelling):
    of_project = GroupNames(PROD=("lending-prod", "lending-vault"), QA="lending-qa")
    churn = Repository(
        id="r1", name=Stream("churn"), team="t", variable_groups=GroupNames(QA="churn-qa")
    )
    platform = Platform(
        repositories=(churn,),
        variable_groups=GROUPS,
        projects=(TeamProject(name=spelling, variable_groups=of_project),),
    )
    found = platform.group_names("r1", "lending", GUID)
    assert found.of(Stage.TST) == ("sluss-common", "sluss-tst")
    assert found.of(Stage.QA) == ("sluss-common", "churn-qa")
    assert found.of(Stage.PROD) == ("sluss-common", "lending-prod", "lending-vault")
    assert platform.group_names("r2", "trading").of(Stage.QA) == ("sluss-common", "sluss-qa")


def test_nothing_may_be_said_for_a_stage_that_has_something_elsewhere():
    assert GroupNames(QA=()).before(GROUPS).of(Stage.QA) == ("sluss-common",)
