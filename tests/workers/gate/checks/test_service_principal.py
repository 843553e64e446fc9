"""The service principal of a stage: absent, the finding is the request for one."""

import pytest

from core.gate.checks import Finding, Note
from core.gate.facts import CheckFacts, NotCheckedError
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.checks.gbi import gbi, without
from workers.gate.checks.service_principal import service_principal


def found(facts: CheckFacts, **repo) -> list[Finding]:
    told = service_principal(a_repo(**repo), facts)
    return [each for each in told if isinstance(each, Finding)]


def test_what_a_first_start_writes_has_no_finding():
    assert list(service_principal(a_repo(), gbi())) == []


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert list(service_principal(real_world(name), gbi())) == []


@pytest.mark.parametrize("given", [None, "", "TODO", "<name>"])
def test_the_finding_is_the_request_ready_to_send(given):
    [finding] = found(gbi({"SPN_QA": given}))
    assert finding.path == "model_variables.yml"
    assert finding.wrong == "QA has no service principal (SPN_QA)"
    assert finding.mend == (
        "send GBI this request: “Please set up a service principal that runs the model loan_default "
        "of the team credit_risk on QA, to be charged to CR-20417, and enter it as SPN_QA.”"
    )


def test_what_the_model_has_not_said_is_to_be_filled_in_first():
    changes = {"model_variables.yml": "variables:\n  MODEL_NAME: loans\n  TEAM_NAME: TODO\n"}
    [finding] = found(gbi({"SPN_PROD": None}), changes=changes)
    assert "the model loans of the team <TEAM_NAME> on PROD, to be charged to <FINANCIAL_ID>" in (
        finding.mend
    )
    assert finding.mend.endswith("”. First set TEAM_NAME and FINANCIAL_ID in model_variables.yml")


def test_the_example_of_sluss_init_pays_for_nothing():
    [finding] = found(gbi({"SPN_QA": None}), variables="FINANCIAL_ID: DEMO-0000")
    assert "to be charged to <FINANCIAL_ID>" in finding.mend
    assert finding.mend.endswith("”. First set FINANCIAL_ID in model_variables.yml")


@pytest.mark.parametrize("text", [None, "", "[", "x: 1"])
def test_without_readable_variables_the_request_has_gaps(text):
    [finding] = found(gbi({"SPN_QA": None}), changes={"model_variables.yml": text})
    assert "<MODEL_NAME>" in finding.mend


def test_each_stage_is_told():
    assert len(found(gbi({"SPN_QA": None, "SPN_PROD": None}))) == 2


@pytest.mark.parametrize(("stage", "count"), [("TST", 0), ("QA", 0), ("PROD", 1), ("", 1)])
def test_only_the_stage_that_is_asked_about_counts(stage, count):
    assert len(found(gbi({"SPN_PROD": None}, stage=stage))) == count


@pytest.mark.parametrize("facts", [CheckFacts(), CheckFacts(service_principals={}), CheckFacts(service_principals={"QA": "x"}, stage="PROD")])  # fmt: skip
def test_what_nobody_asked_about_is_not_checked(facts):
    with pytest.raises(NotCheckedError, match="not known here"):
        found(facts)


def test_of_some_stages_alone_the_others_are_said_to_be_open():
    told = list(service_principal(a_repo(), without(gbi(), "PROD")))
    assert told == [Note("PROD: its service principal is not known here.")]
