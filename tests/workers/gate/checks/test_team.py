"""The team of a model is platform.yml's, and a repository that says otherwise has a finding."""

import pytest

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts, KnownTeam, NotCheckedError
from tests.model_repos import REAL_WORLD, a_repo, real_world
from workers.gate.checks.team import team


def found(repo: ModelRepo, name: str = "credit_risk", *, has_members: bool = True):
    return list(team(repo, CheckFacts(team=KnownTeam(name=name, has_members=has_members))))


@pytest.mark.parametrize("name", ["credit_risk", "Credit_Risk", " CREDIT_RISK "])
def test_the_same_team_however_it_is_spelled_has_no_finding(name):
    assert found(a_repo(), name) == []
    assert found(a_repo(variables=f"TEAM_NAME: {name!r}")) == []


def test_another_team_is_told_at_its_line():
    [finding] = found(a_repo(), "market_risk")
    assert finding.place() == "model_variables.yml:3"
    assert finding.wrong == (
        "TEAM_NAME is credit_risk, but platform.yml says that this is a repository of market_risk"
    )
    assert finding.mend.startswith("write TEAM_NAME: market_risk, or ask the platform team")
    assert team.priority == 1
    assert team.mode == "block"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("credit_risk", "nobody belongs to the team credit_risk, which platform.yml names"),
        ("", "platform.yml names no team for this repository"),
        (" ", "platform.yml names no team for this repository"),
    ],
)
def test_a_team_that_nobody_belongs_to_is_told(name, wrong):
    [finding] = found(a_repo(), name, has_members=False)
    assert finding.wrong == wrong
    assert finding.mend.startswith("ask the platform team to enter its members")


def test_another_team_that_is_empty_is_told_twice():
    assert len(found(a_repo(), "market_risk", has_members=False)) == 2


@pytest.mark.parametrize("text", [None, "", "variables:\n", "variables:\n  TEAM_NAME:\n"])
def test_a_team_that_is_not_set_is_for_the_check_variables_to_tell(text):
    assert found(a_repo({"model_variables.yml": text})) == []
    [finding] = found(a_repo({"model_variables.yml": text}), has_members=False)
    assert finding.path == "model_variables.yml"


@pytest.mark.parametrize("text", ["[1]", "a: b: c", "variables: &a [*a]"])
def test_where_the_file_cannot_be_read_nothing_is_said(text):
    with pytest.raises(NotCheckedError, match="the check variables says why"):
        found(a_repo({"model_variables.yml": text}))


@pytest.mark.parametrize("name", REAL_WORLD)
def test_on_a_folder_whose_it_is_is_not_known(name):
    for repo in (a_repo(), real_world(name)):
        with pytest.raises(NotCheckedError, match="not known here"):
            list(team(repo))
