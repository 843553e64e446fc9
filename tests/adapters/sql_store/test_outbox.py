"""The SQL store lets jobs into the queues as every outbox does, and knows that of earlier versions."""

import sqlite3

import pytest

from adapters.sql_store import SqlStore, migrate
from core.jobs import Lane, encode, step_job
from core.words import ReleaseId, Stage, Step
from tests.adapters.outbox_contract import LOAN, OutboxContract, Pushing, pushing  # noqa: F401
from tests.adapters.sql_store.test_sql_store import opened  # noqa: F401
from tests.adapters.store_contract import card, job


class TestSqliteOutbox(OutboxContract):
    @pytest.fixture
    async def store(self, opened):  # noqa: F811
        return await opened()

    @pytest.fixture
    def open_again(self, opened):  # noqa: F811
        return opened


async def test_what_an_earlier_version_left_is_sent_in_its_lane(tmp_path, monkeypatch):
    path = tmp_path / "store.db"
    monkeypatch.setattr(migrate, "HEAD", "0001")
    await SqlStore(f"sqlite:///{path}").close()
    monkeypatch.undo()
    step = step_job(LOAN, ReleaseId("loan-1"), Step.CHECK, 1, Stage.TST)
    old = sqlite3.connect(path)
    for each in (step, card(1), job("a")):
        old.execute("INSERT INTO outbox (id, body) VALUES (?, ?)", (each.id, encode(each)))
    old.commit()
    old.close()

    store = SqlStore(f"sqlite:///{path}")
    found = {lane: [each.id for each in await store.unsent(10, lane)] for lane in Lane}
    await store.close()
    assert found == {
        Lane.EVENTS: [], Lane.STEPS: [step.id], Lane.CARDS: [card(1).id], Lane.OBSERVE: ["a"],
    }  # fmt: skip


async def test_it_is_looked_up_and_never_searched(opened):  # noqa: F811
    """A thousand branches wait: what may be sent is found without them."""
    pushes = Pushing(await opened())
    await pushes.push(1)
    ready = "SELECT body FROM outbox WHERE lane IN ('steps') AND place = 1 ORDER BY number LIMIT 9"
    turn = (
        "SELECT number FROM outbox WHERE lane = 'steps' AND stream = 'loan' AND place = 0 "
        "ORDER BY rank, number LIMIT 4"
    )
    with sqlite3.connect(pushes.store._engine.url.database) as connection:
        plans = [
            connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall() for query in (ready, turn)
        ]
    connection.close()

    assert ["INDEX outbox_" in str(plan) for plan in plans] == [True, True]
    assert "TEMP B-TREE" not in str(plans)
