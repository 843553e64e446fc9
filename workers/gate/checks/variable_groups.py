"""The check ``variable_groups``: GBI's groups hold every variable that a stage needs, by name."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, Note, check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.groups import GroupFacts
from core.gate.variables import VARIABLES, Variable, VariableKind
from core.gate.variables.table import GBI_DEFAULT
from core.words import Stage

NOT_KNOWN: Final = (
    "GBI's variable groups are not known here: the gate of a pushed commit asks for those that "
    "platform.yml names."
)
NOT_LOOKED_AT: Final = "{stage}: its variable groups are not known here."
UNREAD: Final = "{stages}: not checked here. {why}"
NOT_COMPARED: Final = (
    "{stage}: whether its variables are all there was not checked, as a group of it is missing."
)
PREFILLED: Final = "GBI fills in for {stage}: {pairs}."
SECRETS: Final = (
    "Set for {stage}, and not readable here, as a secret variable or one of a key vault: {names}."
)
SHOWN: Final = (
    "WORKSPACE_URL_{stage}", "DATABRICKS_CLUSTER_NAME_{stage}", "CMR_SCOPE", "CMR_PREFIX",
)  # fmt: skip
MEND: Final = "ask GBI to add {them} to its variable groups of {stage}; a model cannot set {them}"
MEND_UNREADABLE: Final = (
    "ask GBI to make it a plain variable, or choose a value in {path}; until then the gate takes "
    "the default, and a step that needs it does not run"
)


@check(
    "variable_groups",
    owner=GBI,
    priority=1,
    title="GBI's variable groups",
    mend="Ask GBI to fill its variable groups of the stage: a model cannot set these variables.",
    mode="warn",
    reads=(),
    asks=("groups",),
    version=2,
)
def variable_groups(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding | Note]:  # noqa: ARG001 - files do not matter
    """A stage works only when the groups that its pipeline takes hold every variable of GBI's.

    Only names are compared. What GBI fills in for the workspace and the central model registry
    is shown, so that nobody has to ask; of a secret it is the name. A secret variable is set,
    though nobody can read its value here.
    """
    stages = [Stage(facts.stage)] if facts.stage else list(Stage)
    groups = facts.groups or {}
    known = {stage: groups[stage] for stage in stages if stage in groups}
    if not known:
        raise NotCheckedError(NOT_KNOWN)
    unread = tuple(_unread(known))
    if all(found.unread for found in known.values()):
        raise NotCheckedError(" ".join(unread))
    yield from map(Note, unread)
    yield from _amiss(known, facts)
    for stage in stages:
        if stage not in known:
            yield Note(NOT_LOOKED_AT.format(stage=stage))
        elif not known[stage].unread:
            yield from _of_stage(stage, known[stage], facts)


def _unread(known: dict[Stage, GroupFacts]) -> Iterator[str]:
    """Yield each reason once, with the stages that it holds for."""
    reasons = dict.fromkeys(found.unread for found in known.values() if found.unread)
    for why in reasons:
        stages = ", ".join(stage for stage, found in known.items() if found.unread == why)
        yield UNREAD.format(stages=stages, why=why)


def _amiss(known: dict[Stage, GroupFacts], facts: CheckFacts) -> Iterator[Finding]:
    """Yield a group that is not there once: the first stage that needs it names the gate."""
    told = set()
    for stage, found in known.items():
        for each in found.amiss:
            if each not in told:
                yield Finding(facts.layout.variables, each.mend, each.wrong, gate=_gate(stage))
            told.add(each)


def _of_stage(stage: Stage, found: GroupFacts, facts: CheckFacts) -> Iterator[Finding | Note]:
    if found.is_whole:
        yield from _missing(stage, found.names, facts)
    else:
        yield Note(NOT_COMPARED.format(stage=stage))
    yield from _needed(stage, found, facts)
    yield from _prefilled(stage, found)


def _missing(stage: Stage, names: frozenset[str], facts: CheckFacts) -> Iterator[Finding]:
    place = facts.layout.variables
    if not names:
        mend = f"ask GBI to make the variable groups of {stage}; a model cannot"
        wrong = f"there are no variable groups for {stage}"
        yield Finding(place, mend, wrong, gate=_gate(stage))
        return
    missing = [row.name for row in _needed_rows(stage) if not _is_held(row, stage, names)]
    if missing:
        mend = MEND.format(them="them" if len(missing) > 1 else "it", stage=stage)
        wrong = f"the variable groups of {stage} lack {', '.join(missing)}"
        yield Finding(place, mend, wrong, gate=_gate(stage))


def _needed(stage: Stage, found: GroupFacts, facts: CheckFacts) -> Iterator[Finding]:
    """Yield what is a secret although its value decides how the repository is read."""
    for row in GBI_DEFAULT:
        if row.name in found.secrets:
            path = facts.layout.variables
            wrong = f"{row.name} is a secret variable of {stage}: set, and not readable here"
            yield Finding(path, MEND_UNREADABLE.format(path=path), wrong, gate=_gate(stage))


def _needed_rows(stage: Stage) -> list[Variable]:
    fixed = (row for row in VARIABLES if row.kind is VariableKind.GBI_FIXED)
    return [row for row in fixed if row.stage in {None, stage}]


def _gate(stage: Stage) -> str:
    """Return the gate from which the finding may block: the stage's, or "" (any gate) for TST."""
    return "" if stage is Stage.TST else str(stage)


def _is_held(row: Variable, stage: Stage, names: frozenset[str]) -> bool:
    return row.name in names or (row.may_have_stage and f"{row.name}_{stage}" in names)


def _prefilled(stage: Stage, found: GroupFacts) -> Iterator[Note]:
    names = (name.format(stage=stage) for name in SHOWN)
    pairs = ", ".join(
        f"{name} = {found.prefilled[name]}" for name in names if name in found.prefilled
    )
    if pairs:
        yield Note(PREFILLED.format(stage=stage, pairs=pairs))
    ours = {name for row in _needed_rows(stage) for name in (row.name, f"{row.name}_{stage}")}
    secrets = sorted(found.secrets & ours)
    if secrets:
        yield Note(SECRETS.format(stage=stage, names=", ".join(secrets)))
