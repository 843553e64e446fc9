"""Gathers what the checks may know besides the files, before any of them runs."""

from collections.abc import Mapping

import msgspec

from core.facts import Facts
from core.variables.groups import groups
from core.words import Stage
from workers.services import Services


async def gather(services: Services) -> Facts:
    """For a commit that a worker checks."""
    variables = {stage: await services.git.variables(stage) for stage in Stage}
    known = {stage: found for stage, found in variables.items() if found is not None}
    facts = services.policy.facts(gbi=known.get(Stage.TST))
    return gbi_facts(facts, known) if known else facts


def gbi_facts(facts: Facts, variables: Mapping[Stage, Mapping[str, str]], stage: str = "") -> Facts:
    """With what GBI's variable groups hold for each stage; of a secret only its name."""
    found = groups(variables)
    return msgspec.structs.replace(
        facts,
        stage=stage,
        variable_groups=found.variable_groups,
        prefilled=found.prefilled,
        service_principals=found.service_principals,
    )
