"""A snapshot is the state that folding gives, never grows with each commit, and is never trusted
when other code has made it."""

import asyncio
import random
from datetime import UTC, datetime

import msgspec
import pytest
import sqlalchemy as sa

from adapters.sql_store import SqlStore, snapshots
from adapters.sql_store.schema import parts
from adapters.sql_store.states import States
from core.errors import StoreUnavailableError
from core.events.desk import LetterBuried, LetterRedriven
from core.events.outside import RegistryHinted
from core.release.fold import folded
from core.release.model import Model
from core.release.slim import grown
from core.words import PLATFORM, Stream
from tests.adapters.store_contract import LOAN, push, tell
from tests.core.flow.test_states import sensibly, step
from tests.core.release.test_slim import RICH
from tests.core.story import ADA, Story

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def opened(url):
    stores = []

    def open_store():
        stores.append(SqlStore(url))
        return stores[-1]

    yield open_store
    for store in stores:
        await store.close()


def a_walk(seed, length=50):
    chance = random.Random(seed)  # noqa: S311 - a walk, no secret
    for story, (action, person, number) in sensibly(chance, length):
        step(story, action, person, number)
    return story


def from_events(story):
    return grown(Model(stream=LOAN), story.events)


def of_parts(store, stream=LOAN):
    """What the database alone says, without a single event."""
    with store._engine.connect() as connection:
        return snapshots.read(connection, stream)


@pytest.mark.parametrize("seed", range(6))
async def test_a_snapshot_is_what_folding_gives(opened, seed):
    store, story = opened(), a_walk(seed)
    await tell(store, story)
    wanted = from_events(story)

    assert await store.state(LOAN) == wanted
    assert of_parts(store) == wanted
    assert [*of_parts(store).releases] == [*wanted.releases]
    await store.rebuild()
    assert of_parts(store) == wanted
    assert await opened().state(LOAN) == wanted


async def test_a_first_look_unpacks_no_release_and_knows_which_are_live(opened):
    store, story = opened(), a_walk(0)
    await tell(store, story)
    found = (await opened().state(LOAN)).releases

    assert found._found
    assert all(isinstance(release, bytes) for release in found._found.values())
    assert of_parts(store).live_ids == from_events(story).live_ids


async def test_several_commits_of_one_batch_follow_each_other(opened):
    store = opened()
    pushes = [store.commit(LOAN, version, [push(version + 1)], []) for version in range(30)]

    assert await asyncio.gather(*pushes) == [*range(1, 31)]
    assert of_parts(store) == await store.state(LOAN)


async def test_what_other_code_has_made_is_folded_anew_and_kept(opened):
    store, story = opened(), a_walk(1, length=80)
    await tell(store, story)
    with store._engine.begin() as connection:
        connection.execute(sa.update(parts).values(tag="of old", data=b"not ours"))

    again = opened()
    assert of_parts(again) is None
    assert await again.state(LOAN) == from_events(story)
    assert of_parts(again) == from_events(story)


async def test_a_ledger_without_snapshots_works(opened):
    store, story = opened(), a_walk(2)
    await tell(store, story)
    with store._engine.begin() as connection:
        connection.execute(sa.delete(parts))

    again = opened()
    assert await again.state(LOAN) == from_events(story)
    version = len(story.events)
    assert await again.commit(LOAN, version, [push(900)], []) == version + 1
    assert of_parts(again) == await again.state(LOAN)


async def test_two_stores_keep_one_snapshot(opened):
    one, two, story = opened(), opened(), a_walk(3)
    for version, event in enumerate(story.events):
        await (one, two)[version % 2].commit(LOAN, version, [event], [])

    assert of_parts(one) == await one.state(LOAN) == await two.state(LOAN) == from_events(story)


async def test_a_commit_writes_only_what_it_changed(opened):
    store, story = opened(), Story()
    for number in range(1, 61):
        story.push(number, branch=f"branch_{number}")
    await tell(store, story)
    written = []

    def note(_connection, _cursor, statement, values, *_):
        if "parts" in statement and not statement.startswith("SELECT"):
            written.extend(values if isinstance(values, list) else [values])

    sa.event.listen(store._engine, "before_cursor_execute", note)
    done = len(story.events)
    story.push(100, branch="one_more")
    await store.commit(LOAN, done, story.events[done:], [])

    assert len(written) == 4  # the head, the release, its branch and who pushed its commit
    assert sum(len(value) for row in written for value in row if isinstance(value, bytes)) < 1500


async def test_a_branch_may_have_a_name_that_no_index_takes(opened):
    store, story = opened(), Story().push(1, branch="分" * 971)
    await tell(store, story)

    assert of_parts(store).pushes == {"分" * 971: 1}


async def test_what_was_rolled_back_was_never_seen(opened, tmp_path):
    store = opened()
    await store.commit(LOAN, 0, [push(1)], [])
    before = await store.state(LOAN)
    other = sa.create_engine(f"sqlite:///{tmp_path}/store.db").connect()
    other.exec_driver_sql("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError):
        await store.commit(LOAN, 1, [push(2)], [])

    other.close()
    other.engine.dispose()
    assert await store.state(LOAN) == before


async def test_the_second_look_is_the_same_object(opened):
    store = opened()
    await tell(store, a_walk(4))

    assert await store.state(LOAN) is await store.state(LOAN)


def test_what_is_remembered_is_bounded_and_the_least_used_goes_first():
    states = States(weight=10)
    for number in range(30):
        states.remember(Stream(f"model_{number}"), Model(stream=Stream(f"model_{number}")))
        states.known(Stream("model_0"))

    known = [number for number in range(30) if states.known(Stream(f"model_{number}"))]
    assert known == [0, *range(21, 30)]


def test_an_older_state_never_replaces_a_newer_one():
    states, newer = States(), Model(stream=LOAN, version=7)
    states.remember(LOAN, newer)
    states.remember(LOAN, Model(stream=LOAN, version=6))

    assert states.known(LOAN) is newer


async def test_the_desk_is_kept_in_the_same_way(opened):
    store = opened()
    events = [
        RegistryHinted(id="h1", time=NOW, model="stranger", what="x"),
        LetterBuried(id="b1", time=NOW, queue="steps", message="m1", reason="a bug"),
        LetterBuried(id="b2", time=NOW, queue="steps", message="m2", reason="a bug"),
        LetterRedriven(id="r1", time=NOW, queue="steps", message="m1", by=ADA),
    ]
    for version, event in enumerate(events):
        await store.commit(PLATFORM, version, [event], [])
    desk = await store.desk()

    assert (desk.version, desk.strays) == (4, 1)
    assert [letter.message for letter in desk.open_letters()] == ["m2"]
    assert of_parts(store, PLATFORM) == desk == await opened().desk()
    assert await store.state(PLATFORM) == Model(stream=PLATFORM, version=4)
    await store.rebuild()
    assert of_parts(store, PLATFORM) == desk


async def test_a_release_is_had_whole(opened):
    store, story = opened(), a_walk(5)
    story.push(700).to_acceptance(RICH).accept(yes=False, reason="too few rows")
    await tell(store, story)

    for release in story.model.releases.values():
        assert await store.release(LOAN, release.id) == release
    assert await store.release(LOAN, "loan-999") is None


async def test_what_is_about_a_release_comes_with_what_brought_its_commit(opened):
    store, story = opened(), Story().push(1).to_acceptance().push(2)
    story.push(1, branch="same_commit").retry()
    await tell(store, story)

    def is_about(entry):
        about = getattr(entry.event, "release", None)
        commit = getattr(entry.event, "commit", None)
        return about == "loan-1" or (about is None and commit == f"{1:040x}")

    wanted = [entry for entry in await store.load(LOAN) if is_about(entry)]
    assert await store.load(LOAN, about="loan-1") == wanted
    assert [type(entry.event).__name__ for entry in wanted].count("CodePushed") == 2


async def test_only_the_kinds_that_are_asked_for_are_read(opened):
    store = opened()
    await tell(store, Story().push(1).push(2))

    found = await store.load(LOAN, kinds=[type(push(1))])
    assert [entry.event.push_id for entry in found] == [1, 2]


async def test_a_name_as_long_as_somebody_likes_is_found_as_well(opened):
    long = Stream("model_" * 40)
    story = Story()
    story.model = msgspec.structs.replace(story.model, stream=long)
    story.push(1)
    store = opened()
    for version, event in enumerate(story.events):
        await store.commit(long, version, [event], [])

    assert (
        await store.release(long, f"{long}-1") == folded(Model(stream=long), story.events).newest()
    )
