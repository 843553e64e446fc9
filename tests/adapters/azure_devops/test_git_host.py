"""Azure DevOps is a git host: commits are fetched once, by their id, with nothing of a token left."""

import pytest

from tests.adapters.azure_devops.git_world import AzureWorld
from tests.adapters.git_host_contract import GitHostContract
from tests.peers.azure_devops import AzureDevOpsPeer


@pytest.fixture
async def devops(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "devops") as peer:
        yield peer


@pytest.fixture
def world(devops, tmp_path):
    return AzureWorld(devops, tmp_path)


class TestAzureGitHost(GitHostContract):
    """The whole contract."""


@pytest.fixture
def old(world):
    """A server that knows no partial clones hands over everything."""
    world.hosted.supports_filter = False
    return world


class TestAzureGitHostWithoutPartialClones(GitHostContract):
    @pytest.fixture
    def world(self, old):
        return old
