"""Makes the facts of the checks from what GBI's variable groups hold for each stage."""

from collections.abc import Mapping

from core.gate.checks import GBI
from core.gate.groups import GroupFacts, StageGroups
from core.gate.variables.resolve import DEFAULT, Sources, resolve
from core.gate.variables.table import VARIABLES
from core.gate.variables.values import problem
from core.words import Stage


def group_facts(groups: Mapping[Stage, StageGroups]) -> dict[str, GroupFacts]:
    """The facts of each stage that was asked about."""
    return {str(stage): _facts(found, stage) for stage, found in groups.items()}


def _facts(found: StageGroups, stage: Stage) -> GroupFacts:
    given = {name: value for name, value in found.values.items() if value.strip()}
    return GroupFacts(
        names=frozenset(given) | found.secrets,
        secrets=found.secrets,
        prefilled=_prefilled(given, stage),
        principal=_principal(given, f"SPN_{stage}"),
        amiss=found.amiss,
        unread=found.unread,
    )


def _prefilled(given: Mapping[str, str], stage: Stage) -> dict[str, str]:
    """The values of a group that people may see: of a secret it is the name alone."""
    resolved = resolve(Sources(gbi=given), stage)
    return {
        each.name: each.value
        for each in resolved
        if each.owner == GBI and each.value is not None and each.source != DEFAULT
    }


def _principal(given: Mapping[str, str], name: str) -> str:
    """The service principal; empty where there is none, or only a word that stands for one."""
    row = next((row for row in VARIABLES if row.name == name), None)
    value = given.get(name, "")
    return "" if row is None or problem(row, value) else value
