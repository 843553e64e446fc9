"""What GBI's variable groups hold, as the checks may know it: names, no secrets, principals."""

from core.gate.groups import AmissGroup, StageGroups, merged
from core.gate.variables import group_facts
from core.words import Stage

QA = {
    "workspace_url_qa": "https://adb-qa.example",
    "SPN_QA": "spn-models-qa",
    "CMR_SCOPE": "central-model-registry",
    "CMR_PREFIX": "9f8E7d6C5b4A3f2E1d0C9b8A7f6E",  # somebody's mistake: no name looks like that
    "NOTEBOOK_PATH": "  ",
    "MODEL_NAME": "mine",
    "SOMETHING_ELSE": "x",
    "OAUTH2_ID": None,
}


def facts(values: dict[str, str | None], stage: Stage = Stage.QA):
    return group_facts({stage: merged([values])})[stage]


def test_names_are_compared_in_one_case_and_a_blank_one_is_none():
    assert facts(QA).names == {
        "WORKSPACE_URL_QA",
        "SPN_QA",
        "CMR_SCOPE",
        "CMR_PREFIX",
        "MODEL_NAME",
        "SOMETHING_ELSE",
        "OAUTH2_ID",
    }


def test_what_gbi_fills_in_is_shown_but_never_a_secret():
    assert facts(QA).prefilled == {
        "WORKSPACE_URL_QA": "https://adb-qa.example",
        "SPN_QA": "spn-models-qa",
        "CMR_SCOPE": "central-model-registry",
        "CMR_PREFIX": "(hidden)",
    }


def test_a_secret_variable_is_set_though_nobody_reads_its_value():
    assert facts(QA).secrets == {"OAUTH2_ID"}


def test_a_later_group_wins_whatever_the_case_of_its_names():
    found = merged([{"Cmr_Scope": "common", "SPN_QA": None}, {"CMR_SCOPE": None, "spn_qa": "mine"}])
    assert found == StageGroups(values={"SPN_QA": "mine"}, secrets=frozenset({"CMR_SCOPE"}))


def test_the_service_principals_of_the_stages_that_have_one():
    assert facts(QA).principal == "spn-models-qa"
    assert facts({"SPN_PROD": "TODO"}, Stage.PROD).principal == ""
    assert facts({"SPN_PROD": None}, Stage.PROD).principal == ""
    assert facts({"SPN_TST": "spn"}, Stage.TST).principal == ""


def test_a_stage_that_nobody_asked_about_is_not_there():
    assert list(group_facts({Stage.TST: StageGroups()})) == ["TST"]


def test_what_could_not_be_read_as_a_whole_says_so_in_words():
    amiss = AmissGroup(wrong="there is no group x", mend="make it")
    assert StageGroups().problem == ""
    assert StageGroups(unread="Nobody may read it.").problem == "Nobody may read it."
    assert StageGroups(amiss=(amiss,)).problem == "there is no group x: make it."
    assert not group_facts({Stage.QA: StageGroups(amiss=(amiss,))})["QA"].is_whole
