"""What GBI's variable groups hold, as the checks may know it: names, no secrets, principals."""

from core.gate.variables import groups
from core.words import Stage

QA = {
    "workspace_url_qa": "https://adb-qa.example",
    "SPN_QA": "spn-models-qa",
    "CMR_SCOPE": "central-model-registry",
    "CMR_PREFIX": "9f8E7d6C5b4A3f2E1d0C9b8A7f6E",  # somebody's mistake: no name looks like that
    "NOTEBOOK_PATH": "  ",
    "MODEL_NAME": "mine",
    "SOMETHING_ELSE": "x",
}


def test_names_are_compared_in_one_case_and_a_blank_one_is_none():
    found = groups({Stage.QA: QA}).variable_groups
    assert found == {
        "QA": {
            "WORKSPACE_URL_QA",
            "SPN_QA",
            "CMR_SCOPE",
            "CMR_PREFIX",
            "MODEL_NAME",
            "SOMETHING_ELSE",
        }
    }


def test_what_gbi_fills_in_is_shown_but_never_a_secret():
    assert groups({Stage.QA: QA}).prefilled == {
        "QA": {
            "WORKSPACE_URL_QA": "https://adb-qa.example",
            "SPN_QA": "spn-models-qa",
            "CMR_SCOPE": "central-model-registry",
            "CMR_PREFIX": "(hidden)",
        }
    }


def test_the_service_principals_of_the_stages_that_have_one():
    found = groups({Stage.TST: {}, Stage.QA: QA, Stage.PROD: {"SPN_PROD": "TODO"}})
    assert found.service_principals == {"QA": "spn-models-qa", "PROD": ""}


def test_a_stage_that_nobody_asked_about_is_not_there():
    found = groups({Stage.TST: {}})
    assert found.variable_groups == {"TST": frozenset()}
    assert found.prefilled == {"TST": {}}
    assert found.service_principals == {}
