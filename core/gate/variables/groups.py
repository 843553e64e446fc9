"""What GBI's variable groups hold for each stage, as the checks may know it."""

from collections.abc import Mapping

import msgspec

from core.gate.checks import GBI
from core.gate.variables.resolve import DEFAULT, Sources, resolve
from core.gate.variables.table import VARIABLES
from core.gate.variables.values import problem
from core.words import Stage


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of ``CheckFacts`` with these names: each maps a stage that was asked for."""

    variable_groups: dict[str, frozenset[str]]
    prefilled: dict[str, dict[str, str]]
    service_principals: dict[str, str]


def groups(values: Mapping[Stage, Mapping[str, str]]) -> Groups:
    """``values`` are the names and values of the groups, stage by stage; a blank one is none."""
    given = {stage: _given(of_stage) for stage, of_stage in values.items()}
    return Groups(
        variable_groups={str(stage): frozenset(found) for stage, found in given.items()},
        prefilled={str(stage): _prefilled(found, stage) for stage, found in given.items()},
        service_principals={
            str(row.stage): _principal(given[row.stage], row.name)
            for row in VARIABLES
            if row.name == f"SPN_{row.stage}" and row.stage in given
        },
    )


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name.upper(): value for name, value in values.items() if value.strip()}


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
    row = next(row for row in VARIABLES if row.name == name)
    value = given.get(name, "")
    return "" if problem(row, value) else value
