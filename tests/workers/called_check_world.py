"""A run of the peer that waits for a check, which calls our door; what comes of it up to the answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from adapters.azure_devops.called_checks import CalledChecks
from adapters.job_tokens.sealed import SealedJobTokens, fernet
from adapters.local_files.evidence import EvidenceFolder
from adapters.sqlite_queue.queue import SqliteQueue
from core.checkpoint import CheckpointKind, PipelineCheckpoint, checkpoint_id
from core.events.people import PipelineDecided
from core.handle import Handled
from core.origin import EventOrigin
from core.people import Person
from core.policy import Policy
from core.work import events_work
from handlers import azure_pipelines_check
from handlers.app import ingest
from handlers.credentials import SharedSecret
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.peers.azure_devops.called_checks import CheckCall, RestCheck
from tests.peers.azure_devops.environments import Environment
from tests.workers.checkpoint_world import CheckpointWorld
from workers.checkpoints import CheckpointDesk

SECRET = "what-the-checks-know"
KEY = "k" * 42 + "0"
RULES = {"lending": {"release": ("approvers",)}}


class CalledCheckWorld(CheckpointWorld):
    """``called`` does what Azure Pipelines does; ``offset`` is how wrong our door's clock is."""

    def __init__(self, devops: AzureDevOpsPeer, folder: Path) -> None:
        super().__init__(devops, folder, Policy(pipelines=RULES))
        self.offset = timedelta()
        self.metrics = CollectorRegistry()
        self.queue = SqliteQueue(folder / "events.db", "events", busy_s=0.05)
        self.tokens = SealedJobTokens(self.store, [fernet("check_key", KEY)])
        self.checks = CalledChecks(self.client, self.tokens, timedelta())
        self.desk = self.a_desk()
        self.server = TestServer(self._door())

    def _door(self) -> web.Application:
        app = web.Application()
        sources = {
            azure_pipelines_check.source_of(self.devops.address): SharedSecret([SECRET]),
        }
        hooks = ingest(
            self.queue,
            EvidenceFolder(self.folder / "evidence"),
            sources,
            clock=lambda: datetime.now(UTC) + self.offset,
            metrics=self.metrics,
            tokens=self.tokens,
        )
        app.add_subapp("/hooks/", hooks)
        return app

    async def open(self) -> None:
        await self.server.start_server(access_log=None)
        url = str(self.server.make_url("/hooks/azure-pipelines-check"))
        headers = {"X-Sluss-Secret": SECRET, "BuildId": "$(build.buildId)"}
        self.check = RestCheck("Sluss", url, headers)
        self.release = Environment(self.lending, "release", checks=[self.check])

    def a_desk(self) -> CheckpointDesk:
        hosts = {CheckpointKind.APPROVAL: self.approvals}
        if hasattr(self, "checks"):
            hosts[CheckpointKind.CHECK] = self.checks
        return CheckpointDesk(hosts, self.handle, self.store, self.troubles)

    def runs(self, environment: Environment | None = None) -> CheckCall:
        """Start a run that comes to the environment."""
        wanted = environment or self.release
        self.pipeline.run(by=self.anna).stage("deploy", environment=wanted)
        return wanted.calls[-1]

    async def called(self, call: CheckCall, **forged: str) -> int:
        """Deliver the call, and do all that follows of it."""
        status = await call.deliver(self.devops.address, **forged)
        await self.taken()
        await self.work()
        return status

    async def taken(self) -> None:
        """Handle what waits in the queue of deliveries."""
        work = events_work(self.handle)
        for received in await self.queue.receive(100, 0.0):
            await work(received.message)
            await self.queue.complete(received)

    def check_name(self, call: CheckCall) -> str:
        ids = (call.check.hub, call.plan_id, call.job_id, call.task_instance_id)
        return checkpoint_id(CheckpointKind.CHECK, self.lending.id, "/".join(ids))

    async def checkpoint(self, call: CheckCall) -> PipelineCheckpoint | None:
        return (await self.store.desk()).checkpoints.get(self.check_name(call))

    async def says(self, by: Person, call: CheckCall, *, yes: bool = True) -> Handled:
        name = self.check_name(call)
        event = PipelineDecided(
            id=f"decision/{name}/{by.id}", time=datetime.now(UTC), checkpoint=name, by=by,
            approved=yes, comment="looked at it",
        )  # fmt: skip
        return await self.handle(event, EventOrigin.BOT)

    def answers(self) -> int:
        return len(self.devops.calls.to("POST", "/events$"))

    async def close(self) -> None:
        await self.server.close()
        await self.queue.close()
        await super().close()
