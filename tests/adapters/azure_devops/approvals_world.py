"""A pipeline of the peer that waits before an environment, of which Sluss is an approver."""

from datetime import UTC, datetime

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.approvals import AzureApprovals
from core.checkpoint import CheckpointKind, PipelineDecision, checkpoint_id
from tests.core.story import EVE
from tests.peers.azure_devops import AzureDevOpsPeer, person
from tests.peers.azure_devops.environments import Approval, Environment
from tests.peers.azure_devops.pipelines import Pipeline
from tests.peers.azure_devops.world import SLUSS

FILES = {"src/train.py": "def train_model(): ..."}


def decision(*, approved: bool = True, comment: str = "looked at it", by=EVE) -> PipelineDecision:
    time = datetime(2026, 12, 1, 9, tzinfo=UTC)
    return PipelineDecision(by=by, approved=approved, comment=comment, time=time)


class ApprovalsWorld:
    """``waits`` starts a run of the pipeline, which stops before production."""

    writes_to = ("PATCH", "/pipelines/approvals")

    def __init__(self, devops: AzureDevOpsPeer, author: str = "anna.berg@bank.example") -> None:
        self.devops = devops
        self.anna = devops.join(person("Anna Berg", author))
        self.stig = devops.join(person("Stig Dahl", "stig.dahl@bank.example"), token="stig")
        self.lending = devops.project("lending")
        self.churn = self.lending.repository("churn")
        self.push = self.churn.push(by=self.anna, files=FILES)
        self.pipeline = Pipeline(self.lending, "deploy churn", self.churn)
        self.production = Environment(
            self.lending, "production", (SLUSS, self.stig), min_required=1
        )
        self.client = self.a_client()
        self.approvals = AzureApprovals(self.client)

    def a_client(self) -> AzureDevOps:
        return AzureDevOps(
            AzureDevOpsSettings(address=self.devops.address, token=self.devops.token)
        )

    def waits(self, environment: Environment | None = None, **run) -> Approval:
        wanted = environment or self.production
        started = self.pipeline.run(**{"by": self.anna, **run})
        started.stage("deploy", display_name="Deploy it", environment=wanted)
        return wanted.approvals[-1]

    @property
    def checkpoints(self) -> AzureApprovals:
        return self.approvals

    def waiting(self) -> str:
        return self.name(self.waits())

    def cancel(self, checkpoint: str) -> None:
        named = (each for each in self.production.approvals if self.name(each) == checkpoint)
        next(named).run.cancel()

    def writes(self) -> int:
        return self.patches()

    def name(self, approval: Approval) -> str:
        return checkpoint_id(CheckpointKind.APPROVAL, self.lending.id, approval.id)

    async def look(self, approval: Approval):
        return await self.approvals.look(self.name(approval))

    def patches(self) -> int:
        return len(self.devops.calls.to("PATCH", "/pipelines/approvals"))

    async def close(self) -> None:
        await self.client.close()
