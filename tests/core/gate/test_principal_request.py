"""The request to GBI for a service principal, with its gaps."""

import itertools

import pytest

from core.gate.principal_request import GAPS, request, with_answer

SAID = {"MODEL_NAME": "loans", "TEAM_NAME": "credit risk", "FINANCIAL_ID": "CR-20417"}
WAYS = [
    {name: SAID[name] for name in names}
    for size in range(len(GAPS) + 1)
    for names in itertools.combinations(GAPS, size)
]


@pytest.mark.parametrize("given", WAYS, ids=lambda given: "+".join(given) or "nothing")
def test_an_answer_that_comes_later_makes_the_request_that_would_have_been_written(given):
    written = request(given, stage="QA", path="model_variables.yml")
    wanted = request({"FINANCIAL_ID": "CR-20417", **given}, stage="QA", path="model_variables.yml")
    assert with_answer(written, "CR-20417") == wanted


def test_what_is_no_request_stays_as_it_is():
    assert with_answer("add README.md", "CR-20417") == "add README.md"
