"""GBI's variable groups for the tests: those that a first start writes, with some changes."""

import msgspec
import yaml

from core.gate.facts import CheckFacts
from core.policy import Policy
from core.words import Stage
from sluss.home.prepare import VARIABLES
from workers.gathered import gbi_facts

SECTIONS = yaml.safe_load(VARIABLES)


def gbi(changes: dict[str, str | None] | None = None, stage: str = "") -> CheckFacts:
    """All three stages; a variable that is None is in none of them."""
    values = {
        each: {**SECTIONS["common"], **SECTIONS[each], **_of(each, changes or {})} for each in Stage
    }
    kept = {each: _texts(of_stage) for each, of_stage in values.items()}
    return msgspec.structs.replace(gbi_facts(Policy().facts(), kept), stage=stage)


def without(facts: CheckFacts, *stages: str) -> CheckFacts:
    """As where the groups of some stages could not be asked for."""
    groups = {
        stage: names
        for stage, names in (facts.variable_groups or {}).items()
        if stage not in stages
    }
    principals = {
        stage: name
        for stage, name in (facts.service_principals or {}).items()
        if stage not in stages
    }
    return msgspec.structs.replace(facts, variable_groups=groups, service_principals=principals)


def _of(stage: Stage, changes: dict[str, str | None]) -> dict[str, str | None]:
    others = tuple(f"_{each}" for each in Stage if each is not stage)
    return {name: value for name, value in changes.items() if not name.endswith(others)}


def _texts(values: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}
