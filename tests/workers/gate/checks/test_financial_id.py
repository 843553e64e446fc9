"""FINANCIAL_ID: there, of the bank's form, and the model's own."""

import msgspec
import pytest

from core.gate.checks import Finding, ModelRepo, Note
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.groups import GroupFacts
from core.policy import policy
from tests.model_repos import FILES, REAL_WORLD, a_repo, real_world
from workers.gate.checks.financial_id import financial_id

FORM = "([A-Z]{2,5}-?)?[0-9]{4,10}"
UNSET = FILES["model_variables.yml"].replace("  FINANCIAL_ID: CR-20417\n", "")


def found(repo: ModelRepo, facts: CheckFacts | None = None) -> list[Finding]:
    return [each for each in financial_id(repo, facts) if isinstance(each, Finding)]


def test_a_good_repository_has_no_finding():
    assert list(financial_id(a_repo())) == []


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert list(financial_id(real_world(name))) == []


@pytest.mark.parametrize("text", [None, "", "variables:\n", UNSET, f"{UNSET}  FINANCIAL_ID:\n"])
def test_one_that_is_not_set_is_told_with_its_form(text):
    [finding] = found(a_repo({"model_variables.yml": text}))
    assert finding.path == "model_variables.yml"
    assert finding.wrong == "FINANCIAL_ID is not set"
    assert finding.mend == f"add FINANCIAL_ID: and who pays, in the form {FORM}"
    assert finding.line == (9 if text and text.endswith("FINANCIAL_ID:\n") else 0)


@pytest.mark.parametrize("text", ["[1]", "a: b: c", "variables: &a [*a]"])
def test_where_the_file_cannot_be_read_nothing_is_said(text):
    with pytest.raises(NotCheckedError, match="the check variables says why"):
        found(a_repo({"model_variables.yml": text}))


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("TODO", "is a placeholder"),
        ("<cost centre>", "is a placeholder"),
        ("xxx", "is a placeholder"),
        ("'  '", "is blank"),
        ("$(FINANCIAL_ID)", "is an expression of Azure Pipelines, which is not evaluated here"),
        ("credit risk", "is no valid name"),
        ("123", "does not have the bank's form"),
        ("cr-20417", "does not have the bank's form"),
        ("CR-20417-extra", "does not have the bank's form"),
        ('"CR-20417\\n"', "is no valid name"),
    ],
)
def test_a_value_of_another_form_is_told_at_its_line(value, wrong):
    [finding] = found(a_repo(variables=f"FINANCIAL_ID: {value}"))
    assert (finding.line, finding.wrong) == (9, f"FINANCIAL_ID {wrong}")
    assert finding.mend == f"write who pays, in the form {FORM}"


@pytest.mark.parametrize("value", ["CR-20417", "RISK0042", "00123456", '"77012345"'])
def test_these_forms_are_accepted(value):
    assert found(a_repo(variables=f"financial_id: {value}\n")) == []


def test_the_form_is_the_banks():
    facts = policy({"rules": {"financial_id": "K[0-9]{3}"}}).facts()
    assert found(a_repo(variables="FINANCIAL_ID: K123"), facts) == []
    [finding] = found(a_repo(), facts)
    assert finding.mend.endswith("in the form K[0-9]{3}")


def test_one_in_a_variable_group_does_not_count_and_the_finding_says_so():
    facts = CheckFacts(groups={"QA": GroupFacts(names=frozenset({"FINANCIAL_ID"}))})
    [finding] = found(a_repo({"model_variables.yml": UNSET}), facts)
    assert finding.wrong == (
        "FINANCIAL_ID is not set: a variable group holds one, but it is the model's own"
    )


def test_the_example_of_sluss_init_passes_and_says_that_it_is_one():
    told = list(financial_id(a_repo(variables="FINANCIAL_ID: DEMO-0000")))
    assert told == [
        Note("FINANCIAL_ID is still the example of `sluss init`: nobody pays under it.")
    ]


ANSWERED = CheckFacts(financial_id="CR-20417")
LIST = "variables:\n  - name: MODEL_NAME\n    value: loans\n"


def test_what_somebody_answered_is_offered_until_it_is_in_the_repository():
    [finding] = found(a_repo({"model_variables.yml": UNSET}), ANSWERED)
    assert finding.wrong == "FINANCIAL_ID is not set"
    assert finding.mend == "write FINANCIAL_ID: CR-20417, as somebody of the team answered"
    assert found(a_repo(variables="FINANCIAL_ID: CR-20417"), ANSWERED) == []


def test_a_value_of_another_form_is_answered_too():
    [finding] = found(a_repo(variables="FINANCIAL_ID: TODO"), ANSWERED)
    assert (finding.line, finding.mend) == (
        9, "write FINANCIAL_ID: CR-20417, as somebody of the team answered",
    )  # fmt: skip


def test_in_a_file_that_lists_its_variables_the_change_is_an_item():
    [finding] = found(a_repo({"model_variables.yml": LIST}))
    assert finding.mend.startswith("add - name: FINANCIAL_ID with value: and who pays")
    [finding] = found(a_repo({"model_variables.yml": LIST}), ANSWERED)
    assert finding.mend.startswith("write - name: FINANCIAL_ID and below it value: CR-20417,")


def test_an_answer_that_the_bank_takes_no_more_is_not_offered():
    facts = policy({"rules": {"financial_id": "K[0-9]{3}"}}).facts()
    facts = msgspec.structs.replace(facts, financial_id="CR-20417")
    [finding] = found(a_repo({"model_variables.yml": UNSET}), facts)
    assert finding.mend == "add FINANCIAL_ID: and who pays, in the form K[0-9]{3}"
