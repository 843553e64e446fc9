"""GBI's variable groups for the tests: those that a first start writes, with some changes."""

import msgspec
import yaml

from core.gate.facts import CheckFacts
from core.gate.groups import StageGroups, merged
from core.gate.variables import group_facts
from core.policy import Policy
from core.words import Stage
from sluss.home.prepare import VARIABLES

SECTIONS = yaml.safe_load(VARIABLES)
SECRET = object()  # a secret variable: Azure DevOps tells its name alone


def gbi(changes: dict[str, object] | None = None, stage: str = "") -> CheckFacts:
    """All three stages; a variable that is None is in none of them."""
    groups = {each: _of_stage(each, changes or {}) for each in Stage}
    return msgspec.structs.replace(Policy().facts(), groups=group_facts(groups), stage=stage)


def without(facts: CheckFacts, *stages: str) -> CheckFacts:
    """As where the groups of some stages could not be asked for."""
    groups = {stage: found for stage, found in (facts.groups or {}).items() if stage not in stages}
    return msgspec.structs.replace(facts, groups=groups)


def with_stage(facts: CheckFacts, stage: str, groups: StageGroups) -> CheckFacts:
    """As where one stage was read so."""
    found = {**(facts.groups or {}), **group_facts({Stage(stage): groups})}
    return msgspec.structs.replace(facts, groups=found)


def _of_stage(stage: Stage, changes: dict[str, object]) -> StageGroups:
    others = tuple(f"_{each}" for each in Stage if each is not stage)
    mine = {name: value for name, value in changes.items() if not name.endswith(others)}
    given = {**SECTIONS["common"], **SECTIONS[stage], **mine}
    return merged([{name: _text(value) for name, value in given.items() if value is not None}])


def _text(value: object) -> str | None:
    return None if value is SECRET else str(value)
