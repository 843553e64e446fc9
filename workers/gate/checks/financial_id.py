"""The check ``financial_id``: the model says who pays for it, in the form the bank uses."""

import re
from collections.abc import Iterator
from typing import Final

from core.gate.checks import MODEL_DEV, Finding, ModelRepo, Note, check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.variables import Value, read
from core.gate.variables.financial_id import CHECK, LISTED, NAME, is_example, lines_of, wrong_form

UNREADABLE: Final = "{path} cannot be read; the check variables says why."
IN_A_GROUP: Final = ": a variable group holds one, but it is the model's own"
EXAMPLE_LEFT: Final = "FINANCIAL_ID is still the example of `sluss init`: nobody pays under it."
ADD: Final = f"add {NAME}: and who pays, in the form {{form}}"
ADD_LISTED: Final = f"add {LISTED} with value: and who pays, in the form {{form}}"
WRITE: Final = "write who pays, in the form {form}"
ANSWERED: Final = "write {lines}, as somebody of the team answered"
A_LIST: Final = re.compile(rb"(?m)^\s*-\s+name\s*:")


@check(
    CHECK,
    owner=MODEL_DEV,
    priority=2,
    title="Who pays for the model",
    mend="Set FINANCIAL_ID in model_variables.yml to the number that your unit's controller gives.",
    asks=("groups", "financial_id"),
)
def financial_id(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding | Note]:
    """Clusters and service principals cost money, and GBI asks who pays before it sets one up.

    The form of the number is the bank's, in policy.yml (rules, financial_id). What somebody
    answered on the card of a release is offered, and counts once it is in the repository.
    """
    path, given = _given(repo, facts)
    is_listed = bool(A_LIST.search(repo.files.get(path, b"")))
    if given is None or given.text is None:
        wrong = f"{NAME} is not set{IN_A_GROUP if _is_in_a_group(facts) else ''}"
        mend = _mend(ADD_LISTED if is_listed else ADD, facts, is_listed=is_listed)
        yield Finding(path, mend, wrong, given.line if given else 0)
    elif wrong := wrong_form(given.text, facts.rules.financial_id):
        mend = _mend(WRITE, facts, is_listed=is_listed)
        yield Finding(path, mend, f"{NAME} {wrong}", given.line)
    elif is_example(given.text):
        yield Note(EXAMPLE_LEFT)


def _mend(words: str, facts: CheckFacts, *, is_listed: bool) -> str:
    """Say what to write; an answer is offered while it has the form that the bank uses now."""
    answer, form = facts.financial_id, facts.rules.financial_id
    if not answer or wrong_form(answer, form):
        return words.format(form=form)
    lines = " and below it ".join(each.strip() for each in lines_of(answer, is_listed=is_listed))
    return ANSWERED.format(lines=lines)


def _given(repo: ModelRepo, facts: CheckFacts) -> tuple[str, Value | None]:
    wanted = facts.layout.variables
    path = repo.find(wanted)
    if path is None:
        return wanted, None
    found = read(repo.files[path], path)
    if found.is_unreadable:
        raise NotCheckedError(UNREADABLE.format(path=path))
    return path, found.values.get(NAME)


def _is_in_a_group(facts: CheckFacts) -> bool:
    return any(NAME in found.names for found in (facts.groups or {}).values())
