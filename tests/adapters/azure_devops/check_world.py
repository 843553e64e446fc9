"""A run that waits at an environment for a check that calls us, and our adapter that reads it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.called_checks import CalledChecks
from adapters.job_tokens.sealed import SealedJobTokens, fernet
from adapters.sql_store import SqlSettings, SqlStore
from core.checkpoint import CheckpointKind, PipelineDecision, checkpoint_id
from core.people import Person
from core.ports import JobToken
from core.words import PersonId
from tests.peers.azure_devops import AzureDevOpsPeer, person
from tests.peers.azure_devops.called_checks import CheckCall, RestCheck
from tests.peers.azure_devops.environments import Environment
from tests.peers.azure_devops.pipelines import Pipeline, Run

ANNA = person("Anna Berg", "anna.berg@bank.example")
EVE = Person(id=PersonId("eve"), name="Eve Ek", groups=frozenset({"approvers"}))
NOWHERE = "http://127.0.0.1:9/hooks/azure-pipelines-check"
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


def decision(*, yes: bool = True, comment: str = "seen") -> PipelineDecision:
    return PipelineDecision(by=EVE, approved=yes, comment=comment, time=NOW)


class CheckWorld:
    """``tokens`` are kept in a real store, as the gateway seals them there."""

    def __init__(self, devops: AzureDevOpsPeer, folder: Path, url: str = NOWHERE) -> None:
        self.devops = devops
        devops.join(ANNA)
        self.project = devops.project("lending")
        self.hosted = self.project.repository("churn")
        self.hosted.push(by=ANNA, files={"train.py": "1"})
        self.pipeline = Pipeline(self.project, "deploy churn", self.hosted)
        self.check = RestCheck("Sluss", url, timeout_minutes=90)
        self.production = Environment(self.project, "production", checks=[self.check])
        self.store = SqlStore(SqlSettings(url=f"sqlite:///{folder / 'tokens.db'}"))
        self.tokens = SealedJobTokens(self.store, [fernet("check_key", "k" * 42 + "0")])
        self.azure = AzureDevOps(AzureDevOpsSettings(address=devops.address, token=devops.token))
        self.checks = CalledChecks(self.azure, self.tokens, timedelta())

    def waits(self, environment: Environment | None = None) -> CheckCall:
        """Start a run that waits for the check."""
        place = environment or self.production
        self.run.stage("deploy_prod", display_name="To production", environment=place)
        return place.calls[-1]

    @property
    def run(self) -> Run:
        return self.pipeline.runs[-1] if self.pipeline.runs else self.pipeline.run(by=ANNA)

    async def kept(self, call: CheckCall, *, run: int = 0) -> str:
        """Keep its token as the gateway does; return the checkpoint's name."""
        name = self.name(call)
        came = datetime.now(UTC)
        await self.tokens.keep(JobToken(check=name, value=call.token, run=run, came=came))
        return name

    def name(self, call: CheckCall, **other: str) -> str:
        ids = {
            "project": call.run.project.id,
            "hub": call.check.hub,
            "plan": call.plan_id,
            "job": call.job_id,
            "task": call.task_instance_id,
        } | other
        told = "/".join(ids[each] for each in ("hub", "plan", "job", "task"))
        return checkpoint_id(CheckpointKind.CHECK, ids["project"], told)

    async def close(self) -> None:
        await self.azure.close()
        await self.store.close()
