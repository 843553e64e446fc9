"""Compares the code inside an artifact with the files of the release's commit."""

from core.artifact import Artifact, code_difference
from core.gate.variables import model_settings
from core.release.release import Release
from core.words import Stage
from workers.services import Services


async def difference(release: Release, services: Services, artifact: Artifact) -> str:
    """Say what of the code is not the commit's, or "". Steps up to the registry run on TST."""
    commit = await services.git.files(release.repository, release.commit)
    gbi = await services.variable_groups.variables(Stage.TST)
    settings = model_settings(commit, layout=services.policy.layout, gbi=gbi)
    return code_difference(artifact, commit, settings.source_path)
