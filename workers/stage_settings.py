"""The settings of a model at a stage, for a step that works with their values."""

from datetime import datetime
from typing import Final

from core.errors import StepFailedError
from core.gate.checks import ModelRepo
from core.gate.groups import StageGroups
from core.gate.variables import ModelSettings, model_settings
from core.gate.variables.table import GBI_DEFAULT
from core.release.release import Release
from core.words import Stage
from workers.services import Services

NO_GROUPS: Final = (
    "GBI's variables for {stage} cannot be had. {why} Nothing was run; mend it, then retry the "
    "step."
)
UNREADABLE: Final = (
    "GBI's variable groups hold {names} for {stage} as a secret variable: it is set, but nobody "
    "can read its value here, and this step needs it. Nothing was run; ask GBI to make it a plain "
    "variable, or set it in {file}, then retry the step."
)


async def stage_settings(
    release: Release, services: Services, code: ModelRepo, stage: Stage
) -> ModelSettings:
    """Raise StepFailedError, in words, where a value that the step needs cannot be had."""
    found = await services.variable_groups.of_stages(release.repository, asked_at(release))
    groups = found[stage] if found is not None else StageGroups()
    if groups.problem:
        raise StepFailedError(NO_GROUPS.format(stage=stage, why=_sentence(groups.problem)))
    settings = model_settings(
        code, layout=services.policy.layout, gbi=groups.values, secrets=groups.secrets, stage=stage
    )
    needed = [row.name for row in GBI_DEFAULT if row.name in settings.unreadable]
    if needed:
        file = services.policy.layout.variables
        raise StepFailedError(UNREADABLE.format(names=" and ".join(needed), stage=stage, file=file))
    return settings


def asked_at(release: Release) -> datetime:
    """When somebody pushed or pressed: what they had changed until then has to be seen."""
    run = release.current_step()
    return run.planned if run else release.opened


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."
