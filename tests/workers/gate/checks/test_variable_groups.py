"""GBI's variable groups: what a stage lacks, and what is filled in for everybody."""

import msgspec
import pytest

from core.gate.checks import Finding, Note
from core.gate.facts import CheckFacts, NotCheckedError
from core.words import Stage
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.checks.gbi import gbi, without
from workers.gate.checks.variable_groups import variable_groups


def found(facts: CheckFacts) -> list[str]:
    return [each.wrong for each in variable_groups(a_repo(), facts) if isinstance(each, Finding)]


def notes(facts: CheckFacts) -> list[str]:
    return [each.text for each in variable_groups(a_repo(), facts) if isinstance(each, Note)]


def test_what_a_first_start_writes_has_no_finding():
    assert found(gbi()) == []


@pytest.mark.parametrize("name", REAL_WORLD)
def test_the_repository_does_not_matter(name):
    assert not any(isinstance(each, Finding) for each in variable_groups(real_world(name), gbi()))


def test_it_only_warns_until_gbi_decides():
    assert variable_groups.mode == "warn"


def test_the_prefilled_values_of_a_stage_are_shown():
    [note] = notes(gbi(stage="QA"))
    assert note == (
        "GBI fills in for QA: WORKSPACE_URL_QA = https://adb-qa.example, "
        "DATABRICKS_CLUSTER_NAME_QA = mlops-qa, CMR_SCOPE = central-model-registry, CMR_PREFIX = cmr."
    )
    assert len(notes(gbi())) == len(Stage)


def test_a_value_that_may_be_a_secret_is_not_shown():
    key = "k".join("9f8E7d6C5b4A3f2E")
    [note] = notes(gbi({"CMR_PREFIX": key}, stage="PROD"))
    assert "CMR_PREFIX = (hidden)" in note
    assert key not in note


def test_all_that_a_stage_lacks_is_one_finding():
    [finding] = [
        each
        for each in variable_groups(a_repo(), gbi({"SPN_QA": None, "WORKSPACE_URL_QA": " "}))
        if isinstance(each, Finding)
    ]
    assert finding.path == "model_variables.yml"
    assert finding.wrong == "the variable groups of QA lack WORKSPACE_URL_QA, SPN_QA"
    assert finding.mend == (
        "ask GBI to add them to its variable groups of QA; a model cannot set them"
    )


def test_what_every_stage_lacks_is_told_for_each():
    assert found(gbi({"CMR_SCOPE": None})) == [
        f"the variable groups of {stage} lack CMR_SCOPE" for stage in Stage
    ]


def test_only_the_stage_that_is_asked_about_counts():
    assert found(gbi({"SPN_PROD": None}, stage="QA")) == []
    assert found(gbi({"SPN_PROD": None}, stage="PROD")) != []


@pytest.mark.parametrize("name", ["OAUTH2_ID_QA", "oauth2_id_qa"])
def test_a_name_of_the_stage_counts_as_the_name(name):
    assert found(gbi({"OAUTH2_ID": None, name: "x"}, stage="QA")) == []


@pytest.mark.parametrize("name", ["CLUSTER_SPARK_VERSION", "MODEL_SRC_PATH"])
def test_what_has_a_default_may_be_absent(name):
    assert found(gbi({name: None})) == []


def test_a_stage_without_groups_is_told():
    facts = msgspec.structs.replace(gbi(), variable_groups={"QA": frozenset()}, stage="QA")
    assert found(facts) == ["there are no variable groups for QA"]


@pytest.mark.parametrize("facts", [CheckFacts(), CheckFacts(variable_groups={}), CheckFacts(stage="QA", variable_groups={"TST": frozenset("A")})])  # fmt: skip
def test_what_nobody_asked_about_is_not_checked(facts):
    with pytest.raises(NotCheckedError, match="not known here"):
        found(facts)


def test_of_some_stages_alone_the_others_are_said_to_be_open():
    facts = without(gbi(), "PROD")
    assert found(facts) == []
    assert "PROD: its variable groups are not known here." in notes(facts)
