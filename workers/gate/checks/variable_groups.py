"""The check ``variable_groups``: GBI's groups hold every variable that a stage needs, by name."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, Note, check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.variables import VARIABLES, Variable, VariableKind
from core.words import Stage

NOT_KNOWN: Final = "GBI's variable groups are not known here: the gate of a pushed commit asks."
NOT_LOOKED_AT: Final = "{stage}: its variable groups are not known here."
PREFILLED: Final = "GBI fills in for {stage}: {pairs}."
SHOWN: Final = (
    "WORKSPACE_URL_{stage}", "DATABRICKS_CLUSTER_NAME_{stage}", "CMR_SCOPE", "CMR_PREFIX",
)  # fmt: skip
MEND: Final = "ask GBI to add {them} to its variable groups of {stage}; a model cannot set {them}"


@check(
    "variable_groups",
    owner=GBI,
    priority=1,
    title="GBI's variable groups",
    mend="Ask GBI to fill its variable groups of the stage: a model cannot set these variables.",
    mode="warn",
    reads=(),
)
def variable_groups(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding | Note]:  # noqa: ARG001 - files do not matter
    """A stage works only when the groups that its pipeline takes hold every variable of GBI's.

    Only names are compared. What GBI fills in for the workspace and the central model registry
    is shown, so that nobody has to ask; of a secret it is the name.
    """
    stages = [Stage(facts.stage)] if facts.stage else list(Stage)
    known = facts.variable_groups or {}
    if not any(stage in known for stage in stages):
        raise NotCheckedError(NOT_KNOWN)
    for stage in stages:
        if stage not in known:
            yield Note(NOT_LOOKED_AT.format(stage=stage))
            continue
        yield from _missing(stage, known[stage], facts)
        yield from _prefilled(stage, facts)


def _missing(stage: Stage, names: frozenset[str], facts: CheckFacts) -> Iterator[Finding]:
    place = facts.layout.variables
    if not names:
        mend = f"ask GBI to make the variable groups of {stage}; a model cannot"
        wrong = f"there are no variable groups for {stage}"
        yield Finding(place, mend, wrong, gate=_gate(stage))
        return
    upper = {name.upper() for name in names}
    needed = [
        row
        for row in VARIABLES
        if row.kind is VariableKind.GBI_FIXED and row.stage in {None, stage}
    ]
    missing = [row.name for row in needed if not _is_held(row, stage, upper)]
    if missing:
        mend = MEND.format(them="them" if len(missing) > 1 else "it", stage=stage)
        wrong = f"the variable groups of {stage} lack {', '.join(missing)}"
        yield Finding(place, mend, wrong, gate=_gate(stage))


def _gate(stage: Stage) -> str:
    """Return the gate from which the finding may block: the stage's, or "" (any gate) for TST."""
    return "" if stage is Stage.TST else str(stage)


def _is_held(row: Variable, stage: Stage, names: set[str]) -> bool:
    return row.name in names or (row.may_have_stage and f"{row.name}_{stage}" in names)


def _prefilled(stage: Stage, facts: CheckFacts) -> Iterator[Note]:
    given = facts.prefilled.get(stage, {})
    names = (name.format(stage=stage) for name in SHOWN)
    pairs = ", ".join(f"{name} = {given[name]}" for name in names if name in given)
    if pairs:
        yield Note(PREFILLED.format(stage=stage, pairs=pairs))
