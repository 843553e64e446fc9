"""Compares the code inside an artifact with the files of the release's commit."""

from core.artifact import Artifact, code_difference
from core.release.release import Release
from core.words import Stage
from workers.services import Services
from workers.stage_settings import stage_settings


async def difference(release: Release, services: Services, artifact: Artifact) -> str:
    """Say what of the code is not the commit's, or "". Steps up to the registry run on TST."""
    commit = await services.git.files(release.repository, release.commit)
    settings = await stage_settings(release, services, commit, Stage.TST)
    return code_difference(artifact, commit, settings.source_path)
