"""The check ``financial_id``: the model says who pays for it, in the form the bank uses."""

import re
from collections.abc import Iterator
from typing import Final

from core.gate.checks import MODEL_DEV, Finding, ModelRepo, Note, check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.variables import VARIABLES, Value, problem, read

NAME: Final = "FINANCIAL_ID"
ROW: Final = next(row for row in VARIABLES if row.name == NAME)
UNREADABLE: Final = "{path} cannot be read; the check variables says why."
IN_A_GROUP: Final = ": a variable group holds one, but it is the model's own"
EXAMPLE_LEFT: Final = "FINANCIAL_ID is still the example of `sluss init`: nobody pays under it."


@check(
    "financial_id",
    owner=MODEL_DEV,
    priority=2,
    title="Who pays for the model",
    mend="Set FINANCIAL_ID in model_variables.yml to the number that your unit's controller gives.",
)
def financial_id(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding | Note]:
    """Clusters and service principals cost money, and GBI asks who pays before it sets one up.

    The form of the number is the bank's, in policy.yml (rules, financial_id).
    """
    path, given = _given(repo, facts)
    if given is None or given.text is None:
        wrong = f"{NAME} is not set{IN_A_GROUP if _is_in_a_group(facts) else ''}"
        mend = f"add {NAME}: and who pays, in the form {facts.rules.financial_id}"
        yield Finding(path, mend, wrong, given.line if given else 0)
    elif wrong := _problem(given.text, facts.rules.financial_id):
        mend = f"write who pays, in the form {facts.rules.financial_id}"
        yield Finding(path, mend, f"{NAME} {wrong}", given.line)
    elif given.text == ROW.example:
        yield Note(EXAMPLE_LEFT)


def _given(repo: ModelRepo, facts: CheckFacts) -> tuple[str, Value | None]:
    wanted = facts.layout.variables
    path = repo.find(wanted)
    if path is None:
        return wanted, None
    found = read(repo.files[path], path)
    if found.is_unreadable:
        raise NotCheckedError(UNREADABLE.format(path=path))
    return path, found.values.get(NAME)


def _problem(text: str, form: str) -> str:
    wrong = problem(ROW, text)
    return wrong or ("" if re.fullmatch(form, text.strip()) else "does not have the bank's form")


def _is_in_a_group(facts: CheckFacts) -> bool:
    groups = (facts.variable_groups or {}).values()
    return any(name.upper() == NAME for names in groups for name in names)
