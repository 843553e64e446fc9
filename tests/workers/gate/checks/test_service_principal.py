"""The service principal of a stage: absent, the finding is the request for one."""

import msgspec
import pytest

from core.gate.checks import Finding, Note
from core.gate.endpoints import Endpoints, ServiceEndpoint
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.groups import StageGroups
from core.policy import policy
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.checks.gbi import SECRET, gbi, with_stage, without
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


@pytest.mark.parametrize("facts", [CheckFacts(), CheckFacts(groups={}), without(gbi(stage="PROD"), "PROD")])  # fmt: skip
def test_what_nobody_asked_about_is_not_checked(facts):
    with pytest.raises(NotCheckedError, match="not known here"):
        found(facts)


def test_of_some_stages_alone_the_others_are_said_to_be_open():
    told = list(service_principal(a_repo(), without(gbi(), "PROD")))
    assert told == [Note("PROD: its service principal is not known here.")]


def test_what_somebody_answered_fills_the_request():
    changes = {"model_variables.yml": "variables:\n  MODEL_NAME: loans\n  TEAM_NAME: credit\n"}
    facts = msgspec.structs.replace(gbi({"SPN_QA": None}), financial_id="CR-77")
    [finding] = found(facts, changes=changes)
    assert "the team credit on QA, to be charged to CR-77, and enter it as SPN_QA.”" in finding.mend
    assert "First set" not in finding.mend


def test_what_the_repository_says_goes_before_an_answer():
    facts = msgspec.structs.replace(gbi({"SPN_QA": None}), financial_id="CR-77")
    [finding] = found(facts)
    assert "to be charged to CR-20417" in finding.mend


CLIENT = "0f2f6a3c-6d0c-4a5e-9a7c-2f3b0f1d7e55"
PAGE = "https://dev.azure.com/bank/lending/_settings/adminservices"
READY = ServiceEndpoint(
    name="lending-qa", principal=CLIENT.upper(), scheme="WorkloadIdentityFederation"
)


def told(*endpoints: ServiceEndpoint, spn: object = CLIENT, **of_project):
    facts = msgspec.structs.replace(
        gbi({"SPN_QA": spn}, stage="QA"),
        endpoints=Endpoints(project="lending", page=PAGE, found=endpoints, **of_project),
    )
    return list(service_principal(a_repo(), facts))


def test_a_connection_that_signs_in_as_the_principal_is_told():
    assert told(READY) == [
        Note(
            "QA: the service connection lending-qa signs in as SPN_QA (WorkloadIdentityFederation)."
        )
    ]


def test_one_that_is_ready_is_enough():
    broken = msgspec.structs.replace(READY, name="old", is_ready=False)
    assert [type(each) for each in told(broken, READY)] == [Note]


def test_a_connection_that_is_not_ready_says_why_and_where_it_is_mended():
    [finding] = told(msgspec.structs.replace(READY, is_ready=False, why="The secret has expired."))
    assert finding.wrong == (
        "the service connection lending-qa, which signs in as SPN_QA, is not ready: "
        "The secret has expired"
    )
    assert PAGE in finding.mend
    assert finding.gate == "QA"


def test_a_disabled_connection_is_told():
    [finding] = told(msgspec.structs.replace(READY, is_disabled=True))
    assert finding.wrong.endswith("which signs in as SPN_QA, is disabled")
    assert finding.mend == f"ask GBI to enable it on {PAGE}"


def test_a_principal_without_a_connection_is_a_request_to_copy():
    other = ServiceEndpoint(name="churn", principal="1" * 8)
    [finding] = told(other)
    assert (
        finding.wrong
        == f"no service connection of lending that Sluss can see signs in as SPN_QA ({CLIENT})"
    )
    assert (
        f"Please make a service connection to Azure Resource Manager for the service principal {CLIENT}"
        in finding.mend
    )
    assert "1 service connection is there: churn (11111111). " in finding.mend
    assert finding.mend.endswith(f"The page is {PAGE}")


def test_a_principal_that_is_no_client_id_is_found_by_the_name_of_its_connection():
    named = msgspec.structs.replace(READY, name="SPN-models-qa", principal="")
    assert told(named, spn="spn-models-qa") == [
        Note(
            "QA: the service connection SPN-models-qa signs in as SPN_QA (WorkloadIdentityFederation)."
        )
    ]
    [note] = told(READY, spn="spn-models-qa")
    assert isinstance(note, Note)
    assert "they were not compared" in note.text


def test_a_principal_that_is_a_secret_is_set_and_compared_with_nothing():
    [note] = told(READY, spn=SECRET)
    assert isinstance(note, Note)
    assert note.text.startswith("QA: SPN_QA is a secret variable. It is set, but nobody can read")


def test_without_the_right_to_read_connections_nothing_is_missing():
    [note] = told(unread="Nobody may read them (Service connections: User).")
    assert note == Note(
        "Service connections: not checked here. Nobody may read them (Service connections: User)."
    )


def test_gbi_may_say_that_pipelines_sign_in_without_connections():
    rules = policy({"rules": {"service_connections": False}}).facts().rules
    facts = msgspec.structs.replace(
        gbi({"SPN_QA": CLIENT}, stage="QA"), rules=rules, endpoints=Endpoints(project="lending")
    )
    assert list(service_principal(a_repo(), facts)) == []


def test_where_no_group_could_be_read_nothing_is_missing_and_nothing_has_passed():
    unread = StageGroups(unread="Nobody may read them.")
    facts = with_stage(with_stage(gbi(), "QA", unread), "PROD", unread)
    with pytest.raises(
        NotCheckedError, match=r"^QA: its service principal was not checked.* PROD: "
    ):
        found(facts)


def test_of_groups_that_could_be_read_in_part_the_rest_is_said_to_be_open():
    facts = with_stage(gbi(), "QA", StageGroups(unread="Nobody may read them."))
    [note] = list(service_principal(a_repo(), facts))
    assert isinstance(note, Note)
    assert note.text.startswith("QA: its service principal was not checked")


def test_a_connection_that_hides_who_it_signs_in_as_may_be_the_one():
    hidden = msgspec.structs.replace(READY, principal="")
    assert told(hidden) == [
        Note(
            "QA: 1 service connection does not tell Sluss who they sign in as, so SPN_QA was not "
            f"compared with them. Make Sluss a User of them: {PAGE}"
        )
    ]
