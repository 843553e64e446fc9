"""Gathers what the checks may know besides the files, before any of them runs."""

from collections.abc import Mapping

import msgspec

from core.facts import Facts
from core.variables import Sources, as_values, resolve
from core.words import Stage

AFTER_TST = (Stage.QA, Stage.PROD)


def gbi_facts(facts: Facts, variables: Mapping[Stage, Mapping[str, str]], stage: str = "") -> Facts:
    """With what GBI's variable groups hold for each stage; of a secret only its name."""
    groups = {
        str(each): frozenset(name.upper() for name in known) for each, known in variables.items()
    }
    resolved = {each: resolve(Sources(gbi=known), each) for each, known in variables.items()}
    filled = {str(each): as_values(found) for each, found in resolved.items()}
    return msgspec.structs.replace(
        facts,
        stage=stage,
        variable_groups=groups,
        prefilled=filled,
        service_principals={
            str(each): filled[str(each)].get(f"SPN_{each}", "") for each in AFTER_TST
        },
    )
