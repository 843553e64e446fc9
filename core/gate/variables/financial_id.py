"""Who pays for a model: the form of its FINANCIAL_ID, and the lines that set it."""

import re
from collections.abc import Iterable
from typing import Final

from core.gate.checks import CheckResult, Finding
from core.gate.variables.table import VARIABLES
from core.gate.variables.values import problem

CHECK: Final = "financial_id"  # the check that asks for it
NAME: Final = "FINANCIAL_ID"
LISTED: Final = f"- name: {NAME}"
NO_FORM: Final = "does not have the bank's form"
ROW: Final = next(row for row in VARIABLES if row.name == NAME)


def wrong_form(text: str, form: str) -> str:
    """What is wrong with a value, or ""; ``form`` is the bank's, a regular expression."""
    return problem(ROW, text) or ("" if re.fullmatch(form, text.strip()) else NO_FORM)


def is_example(text: str) -> bool:
    return text.strip() == ROW.example


def question(results: Iterable[CheckResult]) -> Finding | None:
    """What the gate found about who pays, while it has to be asked for."""
    mine = (each for result in results if result.check == CHECK for each in result.findings)
    return next((each for each in mine if not each.is_advice), None)


def lines_of(value: str, *, is_listed: bool) -> tuple[str, ...]:
    """The lines of model_variables.yml that set it; ``is_listed``: the file is a list of names."""
    return (LISTED, f"  value: {value}") if is_listed else (f"{NAME}: {value}",)
