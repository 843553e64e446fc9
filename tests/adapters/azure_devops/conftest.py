"""An organisation of Azure DevOps on loopback, and a repository of it that our git host reads."""

import pytest

from tests.adapters.azure_devops.git_world import AzureWorld
from tests.peers.azure_devops import AzureDevOpsPeer


@pytest.fixture
async def organisation(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "devops") as peer:
        yield peer


@pytest.fixture
async def world(organisation, tmp_path):
    made = AzureWorld(organisation, tmp_path)
    yield made
    await made.close()
