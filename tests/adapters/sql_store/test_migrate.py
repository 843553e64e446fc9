"""The tables come up to date under a lock, and what an older Sluss wrote is all there."""

import asyncio
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapters.sql_store import SqlStore, engine, schema
from core.errors import KnownEventError, StoreTooNewError, VersionConflictError
from core.ports import ShownCard
from core.verify import verify
from core.words import Stage, Step
from tests.adapters.shown_cards import shown_cards
from tests.adapters.store_contract import CARD, LOAN, claim, job, push, tell
from tests.core.story import CHECKED, Story

ROOT = Path(__file__).parents[3]
MIGRATIONS = ROOT / "adapters" / "sql_store" / "migrations"
OPEN = "import asyncio, sys; from adapters.sql_store import SqlStore; "
OPEN += "asyncio.run(SqlStore.open(sys.argv[1]))"

both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


def migrated_to(url: str, revision: str) -> sa.Engine:
    """A database as the Sluss of that revision left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    found = sa.create_engine(url)
    with found.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return found


def copy_rows(source: sa.Engine, target: sa.Engine) -> None:
    """What the target's tables have columns for."""
    old = sa.MetaData()
    old.reflect(target)
    with source.connect() as reading, target.begin() as writing:
        for table in old.sorted_tables:
            if table.name == "alembic_version":
                continue
            new = schema.metadata.tables[table.name]
            rows = reading.execute(sa.select(*(new.c[each.name] for each in table.columns))).all()
            assert rows, f"the story leaves nothing in {table.name}"
            writing.execute(sa.insert(table), [dict(row._mapping) for row in rows])
        if target.dialect.name == "postgresql":
            writing.execute(sa.text("SELECT setval('outbox_number_seq', max(number)) FROM outbox"))


async def everything(store: SqlStore) -> dict[str, object]:
    return {
        "ledger": [line async for line in store.export()],
        "loaded": await store.load(LOAN),
        "releases": await store.releases(),
        "deliveries": await store.deliveries(),
        "claims": await store.claims(),
        "unsent": await store.unsent(10),
        "effect": await store.find_effect("run/1"),
        "cards": await shown_cards(store),
    }


@both
async def test_a_database_of_the_first_version_keeps_everything(url, tmp_path):
    before = await SqlStore.open(f"sqlite:///{tmp_path}/before.db")
    story = Story().push(1).to_registered().promoted(Stage.QA)
    story.request(Stage.PROD).push(2).finish(Step.CHECK, CHECKED)
    await tell(before, story)
    await before.commit(CARD, 0, [push(1, CARD), claim(CARD, "Card_Fraud")], [job("a"), job("b")])
    await before.effect("run/1", "id-1")
    shown = ShownCard(key="release/loan-1", conversation="room", activity="7", version=3)
    await before.lease_card(shown.key, "one", 30)
    await before.keep_card("one", shown)
    first = migrated_to(url, "0001")
    copy_rows(before._engine, first)
    first.dispose()

    store = await SqlStore.open(url)
    known = await everything(store)
    assert known == await everything(before)
    verify(known["ledger"])
    await store.rebuild()
    assert await everything(store) == known

    with pytest.raises(KnownEventError):
        await store.commit(CARD, 2, [push(1, CARD)], [])
    with pytest.raises(VersionConflictError):
        await store.commit(LOAN, len(story.events), [claim(LOAN, "card_fraud")], [])
    assert await store.commit(CARD, 2, [push(2, CARD)], [job("b"), job("c")]) == 3
    assert [each.id for each in await store.unsent(10)] == ["a", "b", "c"]
    assert await store.effect("run/1", "id-2") == "id-1"
    assert await store.lease_card(shown.key, "two", 30) == shown
    await asyncio.gather(store.close(), before.close())


@both
async def test_the_tables_are_those_that_the_code_names(url):
    store = await SqlStore.open(url)
    made = sa.MetaData()
    made.reflect(store._engine)
    await store.close()
    for name, table in schema.metadata.tables.items():
        assert {each.name for each in made.tables[name].columns} == {
            each.name for each in table.columns
        }
        assert {each.name for each in made.tables[name].primary_key} == {
            each.name for each in table.primary_key
        }


@both
async def test_three_first_starts_at_once_all_succeed(url):
    starts = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "ignore",
            "-c",
            OPEN,
            url,
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    told = [(await start.communicate())[1].decode() for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], "\n".join(told)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = '9999'",
        "INSERT INTO alembic_version VALUES ('9999')",
    ],
    ids=["instead", "besides"],
)
@both
async def test_a_database_of_a_newer_sluss_is_refused_in_words(url, change):
    await (await SqlStore.open(url)).close()
    found = engine.open_engine(engine.SqlSettings(url=url))
    with found.begin() as connection:
        connection.execute(sa.text(change))
    found.dispose()

    with pytest.raises(StoreTooNewError, match=r"at version .*9999.*Nothing was read or written"):
        await SqlStore.open(url)
