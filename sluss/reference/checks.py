"""The page of the gate's checks."""

from typing import Final

from core.gate.checks import Check
from core.policy import Policy
from sluss.commands.explain import WARNS, tier
from sluss.reference.markdown import WRITTEN, lines
from workers.gate.checks import CHECKS

HEAD: Final = """\
# The checks of the gate

`sluss check PATH` runs them on a folder, `sluss explain CHECK` says this in a terminal, and every
push is checked by the same code. Priority 1 is required, 5 is optional: by default the run is
blocked by priority {run}, QA by priorities up to {qa}, production by those up to {prod}. In
`policy.yml` GBI may give a check another priority, a mode (block, warn, off), and a mode of its own
at a gate. A check that could not run, or was not made here, never counts as passed.
"""


def checks_page() -> str:
    blocks = Policy().blocks
    head = HEAD.format(run=blocks["run"], qa=blocks["QA"], prod=blocks["PROD"])
    rows = [f"| [{c.id}](#{c.id}) | {c.title} | {c.owner} | {c.priority} |" for c in CHECKS]
    table = lines("| check | | owner | priority |", "|---|---|---|---|", *rows)
    return "\n".join((WRITTEN, head, table, *(_check(check) for check in CHECKS)))


def _check(check: Check) -> str:
    found = [f"## {check.id}", "", f"**{check.title}.** It {tier(check)}."]
    if check.mode == "warn":
        found[-1] += f" It {WARNS}."
    return lines(*found, "", check.why, "", f"*How to mend:* {check.mend}")
