"""The reviews of Azure DevOps, held to the contract by the real SDK against the peer."""

import pytest

from tests.adapters.azure_devops.reviewed_world import AzureReviewed
from tests.adapters.reviews_contract import ReviewsContract
from tests.peers.azure_devops import AzureDevOpsPeer


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = AzureReviewed(devops)
        yield made
        await made.close()


class TestAzureDevOpsReviews(ReviewsContract):
    """The whole contract."""
