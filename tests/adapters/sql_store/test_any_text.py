"""Any value in any field is kept, or it is that write's own fault; the others always go on."""

import asyncio
from datetime import UTC, datetime
from itertools import count

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sql_store import SqlStore
from core.errors import RefusedByStoreError
from core.events.outside import CodePushed
from core.events.workers import StepFinished
from core.results import Ran
from core.verify import verify
from core.words import Step, Stream
from tests.adapters.store_contract import LOAN, push

TEXT = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(codec=None), max_size=20),  # halves of characters, too
    st.text(st.sampled_from("\0\x01\x10é漢"), max_size=3000),
)
NUMBERS = st.one_of(st.integers(), st.integers(0, 2**31))
names = ("id", "source", "caused_by", "delivery", "repository", "branch", "commit")
pushes = st.builds(
    CodePushed,
    time=st.just(datetime.now(UTC)),
    push_id=NUMBERS,
    **dict.fromkeys((*names, "previous", "pusher", "pusher_name"), TEXT),
)


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_any_push_is_kept_or_refused_alone(url):
    numbers = count(1)
    with asyncio.Runner() as runner:
        store = runner.run(opened(url))

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(pushes)
        def any_push(push: CodePushed) -> None:
            number = next(numbers)
            new = msgspec.structs.replace(push, id=f"{number}/{push.id}")
            runner.run(beside_a_good_one(store, new, number))

        any_push()
        lines = runner.run(exported(store))
        verify(lines)
        runner.run(store.rebuild())
        runner.run(store.close())


async def opened(url: str) -> SqlStore:
    return await SqlStore.open(url)


async def exported(store: SqlStore) -> list[bytes]:
    return [line async for line in store.export()]


async def beside_a_good_one(store: SqlStore, push: CodePushed, number: int) -> None:
    odd, good = Stream(f"odd-{number}"), f"run/{number}"
    results = await asyncio.gather(
        store.effect(f"before/{number}", "alone"),
        store.commit(odd, 0, [push], []),
        store.effect(good, "kept"),
        store.effect(push.id, push.branch),
        return_exceptions=True,
    )
    assert results[2] == "kept"
    for result in (results[1], results[3]):
        assert isinstance(result, int | str | RefusedByStoreError), repr(result)
    if isinstance(results[1], int):
        assert [found.event for found in await store.load(odd)] == [push]
    await store.deliveries(1)


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_what_could_not_be_read_back_spoils_no_stream(url):
    store = await opened(url)
    evaluated = StepFinished(
        id="finished/1", time=datetime.now(UTC), release="loan-1",
        step=Step.EVALUATE, attempt=1, result=Ran(run="r", metrics={"auc": float("nan")}),
    )  # fmt: skip
    with pytest.raises(RefusedByStoreError, match="could not be read any more"):
        await store.commit(LOAN, 0, [push(1), evaluated], [])

    assert await store.commit(LOAN, 0, [push(1)], []) == 1
    assert await store.rebuild() == 1
    await store.close()


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("name", ["loan-1\0", "half a character: \ud800", "loan-" + "9" * 9000])
async def test_whoever_asks_for_a_release_of_any_name_is_told_that_there_is_none(url, name):
    store = await opened(url)
    await store.commit(LOAN, 0, [push(1)], [])

    assert await store.release(LOAN, name) is None
    assert await store.load(LOAN, about=name) == []
    await store.close()
