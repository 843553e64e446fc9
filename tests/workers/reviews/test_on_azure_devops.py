"""From the gate's answer to the pull request: the real desk, the real adapter, the peer."""

import msgspec
import pytest

from adapters.local_files.evidence import EvidenceFolder
from core.again import Troubles
from core.errors import UnavailableError
from core.events.outside import CodePushed, PullRequestChanged
from core.events.workers import StepFinished
from core.gate.checks import Finding
from core.jobs import ShowReview
from core.platform import Platform, Repository
from core.words import ReleaseId, Step, Stream
from tests.adapters.azure_devops.reviewed_world import AzureReviewed, said
from tests.bot.world import NOW, World
from tests.core.story import BROKEN, CHECKED
from tests.origins import happens
from tests.peers.azure_devops import AzureDevOpsPeer, Right, faults
from tests.peers.azure_devops.world import SLUSS
from workers.reviews.desk import ReviewDesk

LOAN = Stream("loan")
[FOUND, *_] = BROKEN.checks


def found(*findings):
    check = msgspec.structs.replace(FOUND, findings=findings)
    return msgspec.structs.replace(BROKEN, checks=(check,))


LONG = Finding("src/train.py", "break the line", wrong="too long", line=2)
SHORT = Finding("src/train.py", "say more", line=4)


class Flow:
    """The flow and its ledger on one side, the organisation on the other, and the desk between."""

    def __init__(self, folder, devops) -> None:
        self.world, self.azure = World(folder), AzureReviewed(devops)
        known = Repository(id=self.azure.repository, name=LOAN, team="credit")
        self.world.platform = Platform(repositories=(known,))
        self.troubles = Troubles()
        self.desk = ReviewDesk(
            handle=self.world.handle, reviews=self.azure.reviews, store=self.world.store,
            chat=self.world.room, evidence=EvidenceFolder(folder / "evidence"),
            page_url="http://sluss", troubles=self.troubles,
        )  # fmt: skip

    async def pushed(self, number, commit, result):
        """Somebody pushes, and the gate answers."""
        await happens(
            self.world.handle,
            CodePushed(
                id=f"push/{number}", time=NOW, repository=self.azure.repository, branch="change",
                commit=commit, pusher="anna", push_id=number,
            ),
        )  # fmt: skip
        await happens(
            self.world.handle,
            StepFinished(
                id=f"finished/{number}", time=NOW, release=ReleaseId(f"loan-{number}"),
                step=Step.CHECK, attempt=1, result=result,
            ),
        )  # fmt: skip

    async def work(self):
        """Work off what the flow asked for; return how many looks that were."""
        jobs = await self.world.store.unsent(100, ShowReview.lane)
        for job in jobs:
            await self.desk(job)
        await self.world.store.mark_sent([job.id for job in jobs])
        return len(jobs)


@pytest.fixture
async def flow(tmp_path):
    (tmp_path / "devops").mkdir()
    async with AzureDevOpsPeer(tmp_path / "devops") as devops:
        made = Flow(tmp_path, devops)
        yield made
        await made.azure.close()
        await made.world.store.close()


async def test_findings_come_to_the_pull_request_and_go_with_the_next_push(flow):
    pull_request, head = flow.azure.opened()
    await flow.pushed(1, head, found(LONG, SHORT))
    await flow.work()

    says = "(structure, priority 1, GBI, blocks the run)".replace("(", "\\(").replace(")", "\\)")
    assert said(pull_request) == [
        ("active", f"too long: break the line {says}"), ("active", f"say more {says}"),
    ]  # fmt: skip
    assert "sluss/gate failed: The gate has 2 findings." in flow.azure.seen_at(pull_request)
    assert flow.azure.seen(head).endswith("http://sluss/releases/loan-1")

    await flow.pushed(2, flow.azure.push({"src/train.py": "one\n2\nthree\nmore\n"}), found(LONG))
    await flow.work()
    assert [status for status, _ in said(pull_request)] == ["active", "fixed"]
    await flow.pushed(3, flow.azure.push({"src/train.py": "1\n2\n3\nmore\n"}), CHECKED)
    await flow.work()
    assert [status for status, _ in said(pull_request)] == ["fixed", "fixed"]
    assert "sluss/gate succeeded" in flow.azure.seen_at(pull_request)


async def test_a_pull_request_that_is_opened_after_the_gate_gets_the_remarks(flow):
    flow.azure.commit({"src/train.py": b"one\n"})
    head = flow.azure.push({"src/train.py": "one\n2\n3\n4\n"})
    await flow.pushed(1, head, found(LONG))
    await flow.work()
    pull_request = flow.azure.churn.pull_requests.create("change", by=flow.azure.anna, title="Late")
    await happens(
        flow.world.handle,
        PullRequestChanged(
            id="pr/1", time=NOW, repository=flow.azure.repository, pull_request=1, creator="anna",
            source_branch="change", target_branch="main", commit=head, status="active",
        ),
    )  # fmt: skip

    assert await flow.work() == 1
    assert len(said(pull_request)) == 1
    assert "1 finding" in flow.azure.seen_at(pull_request)


async def test_an_older_look_that_comes_late_changes_nothing(flow):
    pull_request, head = flow.azure.opened()
    await flow.pushed(1, head, found(LONG))
    late = (await flow.world.store.unsent(100, ShowReview.lane))[0]
    newer = flow.azure.push({"src/train.py": "one\n2\nthree\nmore\n"})
    await flow.pushed(2, newer, found(LONG, SHORT))
    await flow.work()
    before = said(pull_request), flow.azure.seen_at(pull_request)

    await flow.desk(late)

    assert (said(pull_request), flow.azure.seen_at(pull_request)) == before


async def test_while_azure_devops_is_away_the_gate_and_the_flow_go_on(flow):
    pull_request, head = flow.azure.opened()
    fault = flow.azure.devops.faults.on(".*", ".*", faults.answer(503), times=faults.ALWAYS)
    await flow.pushed(1, head, found(LONG))

    with pytest.raises(UnavailableError):
        await flow.work()
    assert (await flow.world.release()).state == "checked"
    assert flow.troubles.open

    fault.times = 0
    await flow.work()
    assert len(said(pull_request)) == 1
    assert flow.troubles.open == {}


async def test_a_missing_right_waits_with_its_name_and_what_may_be_said_is_said(flow):
    pull_request, head = flow.azure.opened()
    access = flow.azure.devops.access
    access.deny(SLUSS, Right.PULL_REQUESTS)
    await flow.pushed(1, head, found(LONG))

    with pytest.raises(UnavailableError, match="Contribute to pull requests"):
        await flow.work()
    assert "1 finding" in flow.azure.seen_at(pull_request)
    [trouble] = flow.troubles.open.values()
    assert trouble.is_final

    access.allow(SLUSS, Right.PULL_REQUESTS)
    await flow.work()
    assert len(said(pull_request)) == 1
