"""A pipeline that waits at the peer, the ledger, and the worker between them, with real git."""

from datetime import UTC, datetime
from pathlib import Path

from adapters.azure_devops.git_host import build_git_host
from adapters.azure_devops.host_events import AzureDevOpsEvents
from adapters.azure_devops.reviews import AzureDevOpsReviews
from adapters.local_files.people import PeopleFile
from adapters.sql_store import SqlStore
from core.again import Troubles
from core.checkpoint import CheckpointKind, PipelineCheckpoint
from core.events.people import PipelineDecided
from core.find_contributors import FindContributors
from core.handle import Handle
from core.jobs import AnswerCheckpoint, Job, ReadCheckpoint
from core.origin import EventOrigin
from core.people import Person
from core.platform import Platform
from core.policy import Policy
from core.words import PLATFORM, PersonId
from tests.adapters.azure_devops.approvals_world import ApprovalsWorld
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.peers.azure_devops.environments import Approval
from workers.checkpoints import CheckpointDesk, CheckpointWatch

RULES = {"Lending": {"Production": ("approvers",)}}


def a_person(name: str, *groups: str) -> Person:
    return Person(
        id=PersonId(f"id-of-{name}"), name=name.title(), groups=frozenset(groups),
        emails=(f"{name}@bank.example",),
    )  # fmt: skip


ANNA = a_person("anna.berg", "approvers")
EVA = a_person("eva", "approvers")
LEIF = a_person("leif", "approvers")


class CheckpointWorld(ApprovalsWorld):
    """``anna`` wrote, pushed and started everything; ``EVA`` and ``LEIF`` may approve it."""

    def __init__(self, devops: AzureDevOpsPeer, folder: Path, policy: Policy | None = None) -> None:
        super().__init__(devops)
        self.folder = folder
        self.platform = Platform()
        self.policy = policy or Policy(pipelines=RULES)
        self.troubles = Troubles()
        self.store = SqlStore(store_url(folder))
        git = build_git_host(self.client, folder / "home", list, {}).of_every_repository()
        people = PeopleFile((ANNA, EVA, LEIF))
        self.handle = Handle(
            self.store, platform=lambda: self.platform, policy=self.policy,
            clock=lambda: datetime.now(UTC), is_local=False,
            find_contributors=FindContributors(git, AzureDevOpsReviews(self.client), people),
        )  # fmt: skip
        self.desk = self.a_desk()
        self.watch = CheckpointWatch(self.desk, AzureDevOpsEvents(self.client))

    def a_desk(self) -> CheckpointDesk:
        hosts = {CheckpointKind.APPROVAL: self.approvals}
        return CheckpointDesk(hosts, self.handle, self.store, self.troubles)

    async def read(self, approval: Approval) -> PipelineCheckpoint | None:
        name = self.name(approval)
        await self.desk.read(ReadCheckpoint(id="r", stream=PLATFORM, checkpoint=name))
        return await self.known(approval)

    async def known(self, approval: Approval) -> PipelineCheckpoint | None:
        return (await self.store.desk()).checkpoints.get(self.name(approval))

    async def decide(self, approval: Approval, by: Person, *, yes: bool = True, click: str = "1"):
        name = self.name(approval)
        event = PipelineDecided(
            id=f"decision/{name}/{by.id}/{click}", time=datetime.now(UTC), checkpoint=name, by=by,
            approved=yes, comment="looked at it",
        )  # fmt: skip
        return await self.handle(event, EventOrigin.BOT)

    async def jobs(self, *kinds: type[Job]) -> list[Job]:
        """What the outbox holds, once; cards stay out unless they are asked for."""
        unsent = await self.store.unsent(1000)
        await self.store.mark_sent([job.id for job in unsent])
        return [
            job for job in unsent if isinstance(job, kinds or (ReadCheckpoint, AnswerCheckpoint))
        ]

    async def work(self) -> None:
        """Do every job of ours that is asked for."""
        for job in await self.jobs():
            if isinstance(job, AnswerCheckpoint):
                await self.desk.answer(job)
            elif isinstance(job, ReadCheckpoint):
                await self.desk.read(job)

    async def close(self) -> None:
        await super().close()
        await self.store.close()


def store_url(folder: Path) -> str:
    return f"sqlite:///{folder}/store.db"
