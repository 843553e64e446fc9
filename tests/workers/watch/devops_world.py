"""An organisation of Azure DevOps and a ledger beside it, as a worker has them."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.host_events import AzureDevOpsEvents
from adapters.sql_store import SqlStore
from core.again import Troubles
from core.confirm import SOURCE
from core.events.base import Event
from core.events.outside import BranchDeleted, CodePushed, PullRequestChanged
from core.handle import Handle
from core.platform import Platform, Repository
from core.policy import Policy
from core.words import PLATFORM, Stream
from tests.peers.azure_devops import AzureDevOpsPeer, person
from workers.watch.reconcile_pushes import ReconcilePushes

FROM_OUTSIDE = (CodePushed, BranchDeleted, PullRequestChanged)
FILES = {"src/train.py": "def train_model(): ..."}


class DevOpsWorld:
    """``churn`` in the project lending is in platform.yml; ``news`` are the ledger's outside events."""

    def __init__(self, folder, devops: AzureDevOpsPeer) -> None:
        self.folder = folder
        self.devops = devops
        self.anna = devops.join(person("Anna Berg", "anna.berg@bank.example"))
        self.lending = devops.project("lending")
        self.churn = self.lending.repository("churn")
        self.platform = Platform(conversations={"platform": "gbi room", "*": "general"})
        self.know(self.churn)
        self.clock_error = timedelta()
        self.troubles = Troubles()
        self.indexed: list[tuple[str, str]] = []
        self.store = SqlStore(f"sqlite:///{folder}/store.db")
        self.handle = self.a_handle(self.store)
        self.client = self.a_client()
        self.host = AzureDevOpsEvents(self.client)
        self.reconcile = self.a_reconciler()

    def know(self, repository, name: str = "", **more) -> Repository:
        known = Repository(
            id=repository.id, name=Stream(name or repository.name), team="lending", **more
        )
        before = self.platform
        self.platform = Platform(
            repositories=(*before.repositories, known), conversations=before.conversations
        )
        return known

    def a_client(self) -> AzureDevOps:
        return AzureDevOps(
            AzureDevOpsSettings(address=self.devops.address, token=self.devops.token)
        )

    def a_handle(self, store) -> Handle:
        return Handle(
            store, platform=lambda: self.platform, policy=Policy(), clock=self.now, is_local=False
        )

    def a_reconciler(self, store=None, handle=None) -> ReconcilePushes:
        return ReconcilePushes(
            self.host, handle or self.handle, store or self.store, self.troubles, self._index
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_error

    def push(self, branch="main", repository=None, content="1"):
        repository = repository or self.churn
        return repository.push(by=self.anna, files={**FILES, "a.py": content}, branch=branch)

    async def hooked(self, push) -> None:
        """A delivery brings the push, as a subscription that is well does."""
        for event in await self.host.push(push.repository.id, push.push_id):
            await self.handle(stamped(event), "outside")

    async def events(self, stream: str = "churn") -> list[Event]:
        return [entry.event for entry in await self.store.load(Stream(stream))]

    async def news(self, stream: str = "churn") -> list[Event]:
        return [event for event in await self.events(stream) if isinstance(event, FROM_OUTSIDE)]

    async def told(self, kind) -> list[Event]:
        return [entry.event for entry in await self.store.load(PLATFORM, kinds=[kind])]

    async def _index(self, repository: Repository, commit: str) -> None:
        self.indexed.append((repository.name, commit))

    async def close(self) -> None:
        await self.client.close()
        await self.store.close()


def stamped(event: Event) -> Event:
    return msgspec.structs.replace(event, source=SOURCE, delivery=f"subscription/{event.id}")


async def until(condition, seconds=40):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - something outside of us moves it
            await asyncio.sleep(0.02)
