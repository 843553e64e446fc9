"""A ledger of the first version is brought up to date, and answers as if it had never been old."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapters import sql_store
from adapters.sql_store import SqlStore
from core.ledger import GENESIS, entry
from core.release.slim import grown
from core.words import Stage
from tests.adapters.store_contract import LOAN
from tests.core.release.test_slim import UNSIGNED
from tests.core.story import Story

SCRIPTS = Path(sql_store.__file__).parent / "migrations"


def make_old(url: str, story: Story) -> None:
    """The tables of the first version, with this story in the ledger."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = sa.MetaData()
        tables.reflect(connection)
        previous, rows = GENESIS, []
        for number, event in enumerate(story.events, start=1):
            found = entry(event, position=number, stream=LOAN, version=number, previous=previous)
            previous = found.hash
            rows.append({name: getattr(found, name) for name in found.__struct_fields__})
        connection.execute(sa.insert(tables.tables["events"]), rows)
        claim = {"name": "loan_default", "stream": LOAN}
        connection.execute(sa.insert(tables.tables["claims"]).values(claim))
    engine.dispose()


@pytest.fixture
def story():
    told = Story().push(1).to_registered("1", UNSIGNED).promoted(Stage.QA)
    return told.push(2).push(3).observe(QA="1", PROD="9")


@pytest.fixture
async def store(tmp_path, story):
    url = f"sqlite:///{tmp_path}/store.db"
    make_old(url, story)
    store = SqlStore(url)
    yield store
    await store.close()


async def test_its_state_is_folded_from_its_events(store, story):
    state = await store.state(LOAN)

    assert state.version == len(story.events)
    assert state == grown(state.__class__(stream=LOAN), story.events)


async def test_what_is_about_a_release_is_found_in_it(store, story):
    for release in story.model.releases.values():
        assert await store.release(LOAN, release.id) == release
    kinds = [type(found.event).__name__ for found in await store.load(LOAN, about="loan-2")]
    assert kinds == ["CodePushed", "ReleaseOpened", "StepPlanned", "ReleaseSuperseded"]


async def test_what_its_models_hold_is_known(store):
    assert await store.held() == {LOAN: {Stage.QA: "1", Stage.PROD: "9"}}
    assert await store.names() == {LOAN: "loan_default"}
