"""Handle is the one way to write: it loads, decides and commits, and decides again on a conflict."""

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.sql_store import SqlStore
from core.errors import RefusedError, VersionConflictError
from core.events.desk import LetterBuried
from core.events.outside import CodePushed, RegistryHinted
from core.events.people import RetryRequested
from core.events.workers import StepFinished
from core.handle import Handle
from core.platform import Platform, Repository
from core.policy import Policy
from core.results import Checked
from core.words import PLATFORM, ReleaseId, Stage, Step, Stream
from tests.core.story import ADA
from tests.origins import happens

LOAN = Stream("loan")
PLATFORM_YML = Platform(repositories=(Repository(id="r1", name=LOAN, team="credit"),))


def now():
    return datetime.now(UTC)


def push(number, repository="r1", branch="main"):
    return CodePushed(
        id=f"ado/{repository}/{number}/{branch}", time=now(), repository=repository,
        branch=branch, commit=f"{number:040x}", pusher="ada", push_id=number,
    )  # fmt: skip


def handle_on(store):
    return Handle(store, platform=lambda: PLATFORM_YML, policy=Policy(), clock=now, is_local=False)


@pytest.fixture
async def store(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    yield store
    await store.close()


async def test_a_repeated_event_is_known_and_changes_nothing(store):
    handle = handle_on(store)
    first, *repeats = [await happens(handle, push(1)) for _ in range(5)]

    assert not first.is_known
    assert all(found.is_known for found in repeats)
    assert len(await store.load(LOAN)) == 3


async def test_deliveries_in_the_wrong_order_leave_the_newest(store):
    handle = handle_on(store)
    for number in (3, 1, 2):
        await happens(handle, push(number))

    releases = (await handle.model(LOAN)).releases.values()
    assert [release.commit for release in releases] == [f"{3:040x}"]


async def test_an_unknown_repository_goes_to_the_platform_stream_with_its_reason(store):
    handled = await happens(handle_on(store), push(1, repository="r9"))

    assert len(await store.load(PLATFORM)) == 2
    assert "unknown repository r9" in handled.decision.events[0].reason


async def test_a_hint_about_a_model_that_nobody_claims_is_ignored_with_its_reason(store):
    hint = RegistryHinted(id="mlflow/1", time=now(), model="stranger", what="version")
    handled = await happens(handle_on(store), hint)

    assert "no repository claims" in handled.decision.events[0].reason


async def test_writers_at_once_all_get_through(store):
    """Two handles as in two processes: who lost decides again on what the other wrote."""
    handles = [handle_on(store), handle_on(store)]
    await asyncio.gather(
        *(happens(handles[n % 2], push(n, branch=f"branch_{n}")) for n in range(1, 21))
    )

    model = await handle_on(store).model(LOAN)
    assert len(model.releases) == 20
    assert sorted(found.number for found in model.releases.values()) == list(range(1, 21))


class Counted(SqlStore):
    """A store that counts what was decided in vain, and the names that were asked for."""

    conflicts = 0
    asked: tuple[str, ...] = ()

    async def commit(self, *args):
        try:
            return await super().commit(*args)
        except VersionConflictError:
            self.conflicts += 1
            raise

    async def owner(self, name):
        self.asked += (name,)
        return await super().owner(name)


@pytest.fixture
async def counted(tmp_path):
    store = Counted(f"sqlite:///{tmp_path}/counted.db")
    yield store
    await store.close()


async def test_events_of_one_stream_take_turns_and_none_is_decided_in_vain(counted):
    handle = handle_on(counted)
    await asyncio.gather(*(happens(handle, push(n, branch=f"branch_{n}")) for n in range(1, 41)))

    assert len((await handle.model(LOAN)).releases) == 40
    assert counted.conflicts == 0


async def test_a_stream_that_is_held_up_keeps_no_other_waiting(store):
    handle = handle_on(store)
    async with handle._turn(LOAN):
        waits = asyncio.ensure_future(happens(handle, push(1)))
        await happens(handle, push(2, repository="r9"))
        assert not waits.done()

    await waits
    assert len((await handle.model(LOAN)).releases) == 1
    assert not handle._turns  # nobody waits: nothing is kept


async def test_who_is_cancelled_while_it_waits_lets_the_next_one_in(store):
    handle = handle_on(store)
    async with handle._turn(LOAN):
        first, second = (asyncio.ensure_future(happens(handle, push(number))) for number in (1, 2))
        await asyncio.sleep(0)  # both have begun
        first.cancel()

    await second
    assert (await handle.model(LOAN)).releases["loan-1"].push_id == 2


async def test_only_the_claim_that_an_event_is_about_is_asked_for(counted):
    handle = handle_on(counted)
    await happens(handle, push(1))
    result = Checked(checks=(), model="Loan_Default", team="credit")
    await happens(handle,
        StepFinished(
            id="f1", time=now(), release=ReleaseId("loan-1"), step=Step.CHECK, attempt=1,
            stage=Stage.TST, result=result,
        )
    )  # fmt: skip
    hint = RegistryHinted(id="mlflow/1", time=now(), model="LOAN_default", what="version")

    await happens(handle, hint)

    assert (await counted.load(LOAN))[-1].event == hint
    assert counted.asked == ("loan_default", "loan_default")


async def test_a_refusal_is_raised_with_who_can(store):
    handle = handle_on(store)
    await happens(handle, push(1))
    retry = RetryRequested(id="retry/1", time=now(), release=ReleaseId("loan-1"), by=ADA)
    handled = await happens(handle, retry)

    with pytest.raises(RefusedError, match="nothing to retry"):
        handled.raise_refusal()


async def test_cards_are_asked_for_once_per_version(store):
    handle = handle_on(store)
    await happens(handle, push(1))
    ids = [job.id for job in await store.unsent(10)]

    assert ids == ["step/loan-1/check/TST/1", "card/release/loan-1/3"]


async def test_a_dead_letter_goes_to_the_desk_whatever_it_was_about(store):
    handle = handle_on(store)
    await happens(handle, push(1))
    buried = LetterBuried(
        id="buried/m1", time=now(), queue="steps", message="m1", reason="a bug", release="loan-1"
    )

    await happens(handle, buried)

    assert [letter.message for letter in (await store.desk()).open_letters()] == ["m1"]


async def test_what_a_worker_brings_reaches_a_release_whose_repository_is_not_there_any_more(store):
    """Brought back to platform.yml the release would wait for it for ever, and hold its stage."""
    platforms = [PLATFORM_YML]
    handle = Handle(
        store, platform=lambda: platforms[-1], policy=Policy(), clock=now, is_local=False
    )
    await happens(handle, push(1))
    platforms.append(Platform())
    await happens(handle, finished("loan-1"))
    assert (await handle.model(LOAN)).releases["loan-1"].steps["check"].finished
    await happens(handle, finished("loan-7"))
    assert "no release loan-7" in (await store.load(PLATFORM))[-1].event.reason


def finished(release):
    return StepFinished(
        id=f"finished/{release}", time=now(), release=ReleaseId(release), step=Step.CHECK,
        attempt=1, result=Checked(checks=(), model="loan", team="credit"),
    )  # fmt: skip
