"""Measures what it takes to tell Azure DevOps of a release.

``python benchmarks/reviews.py`` starts the tests' stand-in of Azure DevOps on this machine, which
answers at once, and works on it with our own adapter: how many calls and writes the first look at a
pull request with 200 findings makes, and the second one, at which nothing has changed; and how long
after the quick checks were reported the status stands at the commit, with handle, outbox, relay,
queue, consumer and desk in between. Aims: 0 writes at the second look, 2 s to the status (p99).
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from adapters.local_files.evidence import EvidenceFolder
from adapters.sql_store import SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from core.again import Troubles
from core.consumer import Consumer
from core.events.outside import CodePushed
from core.events.workers import ChecksReported
from core.gate.checks import CheckResult, Status
from core.handle import Handle
from core.jobs import Lane, ShowReview
from core.origin import EventOrigin
from core.platform import Platform, Repository
from core.policy import Policy
from core.ports import CommitState, CommitStatus, Message, Remark
from core.words import ReleaseId, Stream
from core.work import jobs_work, relay
from sluss.wiring.engine import SLOTS
from tests.adapters.azure_devops.reviewed_world import AzureReviewed
from tests.bot.world import Room
from tests.peers.azure_devops import AzureDevOpsPeer
from tests.peers.azure_devops.statuses import statuses_of
from workers.reviews.desk import ReviewDesk

FINDINGS: Final = 200
PUSHES: Final = 40
AIM_S: Final = 2.0
CHURN: Final = Stream("churn")
FINE: Final = CheckResult(
    check="naming", title="Names", owner="GBI", priority=2, status=Status.PASSED
)
STATUS: Final = CommitStatus(state=CommitState.FAILED, text="200 findings", url="http://sluss/1")


def now() -> datetime:
    return datetime.now(UTC)


async def looks(world: AzureReviewed) -> bool:
    """Look twice at one pull request; return whether the second one wrote nothing."""
    lines = "".join(f"{number}\n" for number in range(FINDINGS))
    _, head = world.opened({"src/train.py": lines})
    remarks = [
        Remark(text=f"finding {number}", path="src/train.py", line=number + 1, about=("lint",))
        for number in range(FINDINGS)
    ]

    async def look() -> None:
        await world.reviews.show_status(world.repository, head, STATUS)
        await world.reviews.show_remarks(world.repository, head, remarks, STATUS.url)

    await _told(world, "the first look", look)
    return await _told(world, "the second look", look) == 0


async def _told(world: AzureReviewed, name: str, look: Callable[[], Awaitable[None]]) -> int:
    mark, began = world.devops.calls.mark(), time.perf_counter()
    await look()
    took, calls = time.perf_counter() - began, world.devops.calls.since(mark)
    print(f"{name}: {len(calls)} calls, {calls.writes} of them writes, {took:.2f} s")
    return calls.writes


class Bench:
    """All parts of ours from the report of the quick checks to the status at the commit."""

    def __init__(self, world: AzureReviewed, folder: Path) -> None:
        self.world = world
        platform = Platform(
            repositories=(Repository(id=world.repository, name=CHURN, team="credit"),)
        )
        self.store = SqlStore(f"sqlite:///{folder / 'ledger.db'}")
        self.queue = SqliteQueue(folder / "reviews.db", Lane.REVIEWS)
        self.handle = Handle(
            self.store, platform=lambda: platform, policy=Policy(), clock=now, is_local=True
        )
        self.desk = ReviewDesk(
            handle=self.handle,
            reviews=world.reviews,
            store=self.store,
            chat=Room(),
            evidence=EvidenceFolder(folder / "evidence"),
            page_url="http://sluss",
            troubles=Troubles(),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async def bury(message: Message, reason: str) -> None:
            raise AssertionError(message.id, reason)

        work = jobs_work({ShowReview: self.desk})
        consumer = Consumer(self.queue, work, bury, name=Lane.REVIEWS, at_once=SLOTS[Lane.REVIEWS])
        queues = {Lane.REVIEWS: self.queue}
        tasks = [asyncio.create_task(each) for each in (consumer.run(), relay(self.store, queues))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.queue.close()
            await self.store.close()

    async def push_to_status(self, number: int) -> float:
        """Return the seconds from the report of the quick checks to the status."""
        commit = self.world.commit({"n": str(number).encode()}, branch=f"b{number}")
        pushed = CodePushed(
            id=f"push/{number}",
            time=now(),
            repository=self.world.repository,
            branch=f"b{number}",
            commit=commit,
            pusher="anna",
            push_id=1,
        )
        await self.handle(pushed, EventOrigin.OUTSIDE)
        release = ReleaseId(f"{CHURN}-{number}")
        reported = ChecksReported(
            id=f"quick/{number}",
            time=now(),
            release=release,
            attempt=1,
            checks=(FINE,) * 12,
            waiting=("lint", "bandit", "unit_tests"),
        )
        began = time.perf_counter()
        await self.handle(reported, EventOrigin.WORKER)
        while not statuses_of(self.world.churn, commit):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.002)
        return time.perf_counter() - began


async def latency(world: AzureReviewed, folder: Path) -> bool:
    bench = Bench(world, folder)
    async with bench.running():
        took = [await bench.push_to_status(number) for number in range(1, PUSHES + 1)]
    p50, p99 = statistics.median(took), sorted(took)[int(len(took) * 0.99)]
    print(f"from the quick checks to the status: p50 {p50:.2f} s, p99 {p99:.2f} s (aim {AIM_S} s)")
    return p99 <= AIM_S


async def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with AzureDevOpsPeer(Path(folder) / "devops") as devops:
            world = AzureReviewed(devops)
            is_met = [await looks(world), await latency(world, Path(folder))]
            await world.close()
    return 0 if all(is_met) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
