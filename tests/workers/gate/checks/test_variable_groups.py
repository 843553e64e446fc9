"""GBI's variable groups: what a stage lacks, and what is filled in for everybody."""

import pytest

from core.gate.checks import Finding, Note
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.groups import AmissGroup, StageGroups
from core.words import Stage
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.checks.gbi import SECRET, gbi, with_stage, without
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
    facts = with_stage(gbi(stage="QA"), "QA", StageGroups())
    assert found(facts) == ["there are no variable groups for QA"]


@pytest.mark.parametrize(
    "facts", [CheckFacts(), CheckFacts(groups={}), without(gbi(stage="QA"), "QA")]
)
def test_what_nobody_asked_about_is_not_checked(facts):
    with pytest.raises(NotCheckedError, match="not known here"):
        found(facts)


def test_of_some_stages_alone_the_others_are_said_to_be_open():
    facts = without(gbi(), "PROD")
    assert found(facts) == []
    assert "PROD: its variable groups are not known here." in notes(facts)


def test_a_secret_variable_is_set_and_not_readable_and_never_missing():
    facts = gbi({"OAUTH2_SECRETS_NAME": SECRET, "SPN_QA": SECRET, "CMR_SCOPE": SECRET}, stage="QA")
    assert found(facts) == []
    assert (
        "Set for QA, and not readable here, as a secret variable or one of a key vault: "
        "CMR_SCOPE, OAUTH2_SECRETS_NAME, SPN_QA."
    ) in notes(facts)


def test_a_secret_that_decides_how_the_repository_is_read_has_to_become_a_plain_variable():
    [finding] = [
        each
        for each in variable_groups(a_repo(), gbi({"MODEL_SRC_PATH": SECRET}, stage="TST"))
        if isinstance(each, Finding)
    ]
    assert finding.wrong == (
        "MODEL_SRC_PATH is a secret variable of TST: set, and not readable here"
    )
    assert "ask GBI to make it a plain variable, or choose a value in model_variables.yml" in (
        finding.mend
    )


NOBODY_READS = StageGroups(unread="Nobody may read the groups of lending (Library: Reader).")
NOT_THERE = AmissGroup(wrong="there is no group qa-slus in lending", mend="make it")


def test_groups_that_may_not_be_read_are_not_checked_and_the_right_is_named():
    facts = gbi()
    for stage in Stage:
        facts = with_stage(facts, stage, NOBODY_READS)
    with pytest.raises(
        NotCheckedError, match=r"TST, QA, PROD: not checked here. .*Library: Reader"
    ):
        found(facts)


def test_one_stage_that_may_not_be_read_lacks_nothing():
    facts = with_stage(gbi(), "QA", NOBODY_READS)
    assert found(facts) == []
    assert "QA: not checked here. Nobody may read the groups of lending (Library: Reader)." in (
        notes(facts)
    )


def test_a_group_that_is_not_there_is_told_once_and_nothing_else_is_missing():
    facts = gbi()
    for stage in ("QA", "PROD"):
        facts = with_stage(facts, stage, StageGroups(amiss=(NOT_THERE,)))
    told = list(variable_groups(a_repo(), facts))
    assert [(each.wrong, each.mend, each.gate) for each in told if isinstance(each, Finding)] == [
        ("there is no group qa-slus in lending", "make it", "QA")
    ]
    assert sum("was not checked" in each.text for each in told if isinstance(each, Note)) == 2
