"""An organisation with a Library, and our readers of it, whose clock the test moves."""

from datetime import UTC, datetime, timedelta

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.library import Projects
from adapters.azure_devops.service_endpoints import AzureServiceEndpoints
from adapters.azure_devops.variable_groups import AzureVariableGroups
from core.gate.endpoints import Endpoints
from core.gate.groups import StageGroups
from core.platform import GroupNames, Platform
from core.words import Stage
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.library import library
from tests.peers.azure_devops.world import SLUSS

NAMES = GroupNames(common="sluss-common", TST="sluss-tst", QA="sluss-qa", PROD="sluss-prod")


class LibraryWorld:
    def __init__(self, devops: AzureDevOpsPeer, names: GroupNames = NAMES) -> None:
        self.devops = devops
        self.lending = devops.project("lending & more")
        self.churn = self.lending.repository("churn")
        self.library = library(devops)
        self.platform = Platform(variable_groups=names)
        self.now = datetime(2026, 12, 1, 10, tzinfo=UTC)
        self.client = self.signed_in(devops.token)

    def signed_in(self, token: str) -> AzureDevOps:
        self.client = AzureDevOps(AzureDevOpsSettings(address=self.devops.address, token=token))
        projects = Projects(self.client, self.clock)
        self.groups = AzureVariableGroups(self.client, projects, lambda: self.platform, self.clock)
        self.connections = AzureServiceEndpoints(self.client, projects, self.clock)
        return self.client

    def clock(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def with_token_without(self, *rights: Right) -> AzureDevOps:
        """A personal access token whose scopes lack these."""
        scopes = {right for right in Right if right not in rights}
        token = self.devops.access.issue("small", SLUSS, scopes=scopes)
        return self.signed_in(token)

    async def of_stages(self, since: datetime | None = None) -> dict[Stage, StageGroups]:
        found = await self.groups.of_stages(self.churn.id, since or self.now)
        assert found is not None
        return dict(found)

    async def endpoints(self, since: datetime | None = None) -> Endpoints:
        return await self.connections.endpoints(self.churn.id, since or self.now)

    def calls(self, path: str = "") -> int:
        """How many calls were made, without those that ask where things are."""
        asked = self.devops.calls.to("GET|PATCH", path)
        return sum("ResourceAreas" not in call.path for call in asked)
