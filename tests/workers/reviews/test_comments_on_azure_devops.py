"""From a comment in Azure DevOps to its answer there: the real SDK, the deliveries of the peer."""

import json

import msgspec
import pytest

from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.people import PeopleFile
from core.again import Troubles
from core.events.people import RetryRequested
from core.platform import Platform, Repository
from core.scrub import KnownSecrets
from core.words import Step
from handlers.azure_devops import source
from tests.adapters.azure_devops.reviewed_world import AzureReviewed
from tests.bot.world import LOAN, NOW, World
from tests.core.story import ADA, CHECKED, FAILED, Story
from tests.origins import happens
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.peers.azure_devops.deliveries import Details, Subscriber, body
from tests.peers.azure_devops.identities import service_principal
from tests.peers.azure_devops.threads import COMMENTED, open_thread, threads_of
from workers.reviews.comments import CommentDesk
from workers.reviews.desk import ReviewDesk

SUBSCRIPTION = "5d0a3f0e-7b21-4d0c-9a51-0f6f3b1c9e11"
TEAM = msgspec.structs.replace(ADA, emails=("anna.berg@bank.example",))


class Lending:
    """A pull request with a release whose training failed, and what its comments bring about."""

    def __init__(self, devops, folder):
        self.devops, self.host, self.world = devops, AzureReviewed(devops), World(folder)
        self.world.platform = Platform(
            repositories=(Repository(id=self.host.repository, name=LOAN, team="credit"),)
        )
        desk = ReviewDesk(
            handle=self.world.handle, reviews=self.host.reviews, store=self.world.store,
            chat=self.world.room, page_url="http://sluss", troubles=Troubles(), evidence=EvidenceFolder(folder / "evidence"),
        )  # fmt: skip
        self.comments = CommentDesk(
            desk=desk, directory=PeopleFile([TEAM]), secrets=KnownSecrets(), clock=lambda: NOW
        )
        self.happened = []
        devops.listeners.append(self.happened.append)

    async def open(self):
        self.pull_request, head = self.host.opened()
        story = Story().push(1).finish(Step.CHECK, CHECKED).finish(Step.TRAIN, FAILED)
        event = msgspec.structs.replace(story.events[0], repository=self.host.repository)
        story.events[0] = event
        await self.world.told(story, {1: head})

    async def delivered(self, version="2.0", details="all"):
        """Every comment since the last time comes by a delivery, and its jobs are worked off."""
        happened, self.happened[:] = list(self.happened), []
        for number, each in enumerate(happened):
            if each.event_type != COMMENTED:
                continue
            to = Subscriber(SUBSCRIPTION, number + 1, Details(details), version)
            raw = json.dumps(body(each, self.devops, to)).encode()
            for event in source.read({}, raw, NOW).events:
                handled = await happens(self.world.handle, event)
                for job in handled.decision.jobs:
                    await self.comments(job)

    def said(self):
        return [[c.content for c in thread.comments] for thread in threads_of(self.pull_request)]


@pytest.fixture
async def lending(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "devops") as peer:
        made = Lending(peer, tmp_path)
        await made.open()
        yield made
        await made.host.close()
        await made.world.store.close()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
async def test_a_command_is_answered_once_in_its_thread_and_our_answer_is_not(lending, version):
    open_thread(lending.pull_request, "/sluss status", by=lending.host.anna)
    for _ in range(3):
        await lending.delivered(version)
    [[asked, answer]] = lending.said()
    assert "**loan-1** is failed" in answer
    assert asked == "/sluss status"


async def test_a_retry_by_a_comment_happens_once(lending):
    thread = open_thread(lending.pull_request, "/sluss retry", by=lending.host.anna)
    await lending.delivered()
    assert "The step train is tried again." in thread.comments[1].content
    found = [
        e.event for e in await lending.world.store.load(LOAN) if isinstance(e.event, RetryRequested)
    ]
    assert [event.by.id for event in found] == ["ada"]


async def test_strangers_and_services_change_nothing(lending):
    robot = lending.devops.join(service_principal("Robot", "7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01"))
    for who, says in ((lending.host.ben, "does not know"), (robot, "is no person")):
        thread = open_thread(lending.pull_request, "/sluss retry", by=who)
        await lending.delivered()
        assert says in thread.comments[1].content


async def test_talk_edits_and_minimal_deliveries_get_no_answer(lending):
    thread = open_thread(lending.pull_request, "looks good", by=lending.host.anna)
    await lending.delivered()
    await lending.delivered(details="minimal")
    thread.say("/sluss retry", by=lending.host.anna)
    await lending.delivered(details="none")
    assert len(thread.comments) == 2
