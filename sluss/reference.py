"""Writes the pages docs/reference/*.md from the tables that the product itself reads."""

from typing import Final

from core.gate.checks import Check
from core.gate.variables import VARIABLES, Variable, VariableKind
from core.policy import Policy
from sluss.commands.explain import WARNS, tier
from workers.gate.checks import CHECKS

WRITTEN: Final = "<!-- Written by `make docs` from the product's own tables: change those. -->"
CHECKS_HEAD: Final = """\
# The checks of the gate

`sluss check PATH` runs them on a folder, `sluss explain CHECK` says this in a terminal, and every
push is checked by the same code. Priority 1 is required, 5 is optional: by default the run is
blocked by priority {run}, QA by priorities up to {qa}, production by those up to {prod}. In
`policy.yml` GBI may give a check another priority, a mode (block, warn, off), and a mode of its own
at a gate. A check that could not run, or was not made here, never counts as passed.
"""
VARIABLES_HEAD: Final = """\
# The variables of a model

`model_variables.yml` is also a valid variables template of Azure Pipelines: a mapping `variables:`
at the top. Names compare without case. `sluss variables PATH --stage QA` shows each value with its
owner and source.
"""
ABOUT: Final = {
    VariableKind.MODEL: "The model's own, in `model_variables.yml`. Those with * are required.",
    VariableKind.GBI_DEFAULT: (
        "GBI gives a value; the model may choose another of GBI's allow-list."
    ),
    VariableKind.GBI_FIXED: (
        "GBI's, from its variable groups. A repository that sets one gets a finding."
    ),
}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {"checks.md": _checks(), "variables.md": _variables()}


def _checks() -> str:
    blocks = Policy().blocks
    head = CHECKS_HEAD.format(run=blocks["run"], qa=blocks["QA"], prod=blocks["PROD"])
    rows = [f"| [{c.id}](#{c.id}) | {c.title} | {c.owner} | {c.priority} |" for c in CHECKS]
    table = _lines("| check | | owner | priority |", "|---|---|---|---|", *rows)
    return "\n".join((WRITTEN, head, table, *(_check(check) for check in CHECKS)))


def _check(check: Check) -> str:
    lines = [f"## {check.id}", "", f"**{check.title}.** It {tier(check)}."]
    if check.mode == "warn":
        lines[-1] += f" It {WARNS}."
    lines += ["", check.why, "", f"*How to mend:* {check.mend}"]
    return _lines(*lines)


def _variables() -> str:
    parts = [WRITTEN, VARIABLES_HEAD]
    for kind, about in ABOUT.items():
        rows = [_variable(row) for row in VARIABLES if row.kind is kind]
        head = ("| variable | what for | rule | default |", "|---|---|---|---|")
        parts.append(_lines(f"## {str(kind).capitalize()}", "", about, "", *head, *rows))
    return "\n".join(parts)


def _variable(row: Variable) -> str:
    star = "*" if row.is_required else ""
    stages = " (also with `_TST`, `_QA`, `_PROD`)" if row.may_have_stage else ""
    cells = (f"`{row.name}`{star}", row.help + stages, row.rule or str(row.type), row.default or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"
