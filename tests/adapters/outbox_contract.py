"""How every outbox lets jobs into the queues; a subclass brings the fixtures ``store`` and ``open_again``.

One push may bring a thousand branches: of one stream only some steps and release cards are in a
queue at once, and no place is ever lost.
"""

from datetime import UTC, datetime

import pytest

from core.events.outside import CodePushed
from core.events.people import RetryRequested
from core.events.workers import JobDeadLettered, StepFinished
from core.handle import Handle
from core.jobs import CancelStep, Lane, RunStep
from core.people import Person
from core.platform import Platform, Repository
from core.policy import Policy
from core.results import Failed
from core.words import PersonId, ReleaseId, Stage, Step, Stream
from tests.core.story import CHECKED
from tests.origins import happens

MOST = 4
LOAN, CHURN = Stream("loan"), Stream("churn")
PLATFORM = Platform(
    repositories=(
        Repository(id="r1", name=LOAN, team="credit"),
        Repository(id="r2", name=CHURN, team="retail"),
    )
)
ADA = Person(id=PersonId("ada"), name="Ada", groups=frozenset({"credit"}))


def now():
    return datetime.now(UTC)


class Pushing:
    """Decides on a store as the product does."""

    def __init__(self, store):
        self.store = store
        self.handle = Handle(
            store, platform=lambda: PLATFORM, policy=Policy(), clock=now, is_local=True
        )

    async def push(self, number, branch="main", repository="r1"):
        await happens(self.handle,
            CodePushed(
                id=f"{repository}/{number}/{branch}", time=now(), repository=repository,
                branch=branch, commit=f"{number:040x}", pusher="ada", push_id=number,
            )
        )  # fmt: skip

    async def push_branches(self, count):
        for number in range(1, count + 1):
            await self.push(number, f"branch_{number}")

    async def finish(self, release, result=CHECKED, attempt=1):
        await happens(self.handle,
            StepFinished(
                id=f"finished/{release}/{attempt}", time=now(), release=ReleaseId(release),
                step=Step.CHECK, attempt=attempt, stage=Stage.TST, result=result,
            )
        )  # fmt: skip

    async def steps(self):
        """The releases whose steps may be sent now."""
        found = await self.store.unsent(1000, Lane.STEPS)
        return [job.release for job in found if isinstance(job, RunStep)]

    async def send(self, lane=Lane.STEPS):
        """What the relay does; return what it sent."""
        unsent = await self.store.unsent(1000, lane)
        await self.store.mark_sent([job.id for job in unsent])
        return unsent


@pytest.fixture
def pushing(store):
    return Pushing(store)


class OutboxContract:
    async def test_many_branches_are_let_in_some_at_a_time(self, pushing):
        await pushing.push_branches(20)

        assert await pushing.steps() == ["loan-1", "loan-2", "loan-3", "loan-4"]
        assert len(await pushing.send()) == MOST
        assert await pushing.steps() == []

    async def test_another_stream_does_not_wait_for_them(self, pushing):
        await pushing.push_branches(20)
        await pushing.send()
        await pushing.push(21, repository="r2")

        assert await pushing.steps() == ["churn-1"]

    async def test_a_result_lets_the_next_one_in(self, pushing):
        await pushing.push_branches(20)
        await pushing.send()
        await pushing.finish("loan-2")

        assert await pushing.steps() == ["loan-5"]

    async def test_the_release_branch_comes_first(self, pushing):
        await pushing.push_branches(20)
        await pushing.send()
        await pushing.push(21)
        await pushing.finish("loan-1")

        assert await pushing.steps() == ["loan-21"]

    async def test_the_next_step_of_a_release_keeps_to_the_limit(self, pushing):
        await pushing.push_branches(MOST + 1)
        await pushing.push(9)
        await pushing.send()
        await pushing.finish("loan-1")  # the release branch waits for no other now
        [job] = await pushing.send()
        await pushing.finish(job.release)
        [train] = await pushing.send()

        assert (train.release, train.step) == ("loan-6", Step.TRAIN)

    async def test_what_is_superseded_leaves_no_step_behind(self, pushing):
        await pushing.push_branches(6)
        await pushing.send()
        await pushing.push(7, "branch_6")  # waited, and never was sent
        await pushing.push(8, "branch_1")  # is under work
        found = await pushing.send()

        assert [job.release for job in found if isinstance(job, RunStep)] == ["loan-5"]
        ended = [job.release for job in found if isinstance(job, CancelStep)]
        assert ended == ["loan-6", "loan-1"]

    async def test_what_is_stuck_frees_its_place(self, pushing):
        await pushing.push_branches(6)
        [job, *_] = await pushing.send()
        await happens(
            pushing.handle,
            JobDeadLettered(
                id="dead/1", time=now(), release=job.release, job=job.id, reason="a bug, twice"
            ),
        )

        assert await pushing.steps() == ["loan-5"]

    async def test_a_retry_takes_its_turn(self, pushing):
        await pushing.push(1)
        await pushing.send()
        await pushing.finish("loan-1", Failed(reason="no"))
        for number in range(2, 10):
            await pushing.push(number, f"branch_{number}")
        await pushing.send()
        await happens(
            pushing.handle,
            RetryRequested(id="retry/1", time=now(), release=ReleaseId("loan-1"), by=ADA),
        )
        assert await pushing.steps() == []

        await pushing.finish("loan-2")
        assert await pushing.steps() == ["loan-1"]

    async def test_what_was_sent_twice_counts_once(self, pushing):
        """The kill came after the send and before the mark."""
        await pushing.push_branches(6)
        await pushing.store.unsent(1000, Lane.STEPS)
        await pushing.send()
        await pushing.finish("loan-1")

        assert await pushing.steps() == ["loan-5"]

    async def test_release_cards_are_let_in_some_at_a_time(self, pushing):
        await pushing.push_branches(20)
        sent = await pushing.send(Lane.CARDS)
        assert [job.subject for job in sent] == ["loan-1", "loan-2", "loan-3", "loan-4"]

        await pushing.store.done(sent[1])
        await pushing.store.done(sent[1])  # a repeat frees no second place
        assert [job.subject for job in await pushing.send(Lane.CARDS)] == ["loan-5"]

    async def test_a_card_that_waits_is_asked_for_once(self, pushing):
        """Whichever job comes, the newest state is shown."""
        await pushing.push_branches(6)
        for number in range(1, 7):
            await pushing.finish(f"loan-{number}")
        seen = []
        while sent := await pushing.send(Lane.CARDS):
            for job in sent:
                seen.append(job.subject)
                await pushing.store.done(job)

        assert (seen.count("loan-5"), seen.count("loan-6")) == (1, 1)

    async def test_places_survive_a_restart(self, pushing, open_again):
        await pushing.push_branches(6)
        await pushing.send()
        await pushing.store.close()
        again = Pushing(await open_again())
        assert await again.steps() == []

        await again.finish("loan-3")
        assert await again.steps() == ["loan-5"]
