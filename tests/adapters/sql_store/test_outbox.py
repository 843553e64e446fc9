"""The SQL store lets jobs into the queues as every outbox does, and knows that of earlier versions."""

import sqlite3

import pytest
import sqlalchemy as sa

from core.jobs import Lane, encode, step_job
from core.words import ReleaseId, Stage, Step
from tests.adapters.outbox_contract import LOAN, OutboxContract, Pushing, pushing  # noqa: F401
from tests.adapters.sql_store.test_migrate import migrated_to
from tests.adapters.store_contract import card, job

both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
on_a_file = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@both
class TestSqlOutbox(OutboxContract):
    @pytest.fixture
    async def store(self, opened):
        return await opened()

    @pytest.fixture
    def open_again(self, opened):
        return opened


@both
async def test_what_an_earlier_version_left_is_sent_in_its_lane(url, opened):
    step = step_job(LOAN, ReleaseId("loan-1"), Step.CHECK, 1, Stage.TST)
    old = migrated_to(url, "0001")
    insert = sa.text("INSERT INTO outbox (id, body) VALUES (:id, :body)")
    with old.begin() as connection:
        for each in (step, card(1), job("a")):
            connection.execute(insert, {"id": each.id, "body": encode(each)})
    old.dispose()

    store = await opened()
    found = {lane: [each.id for each in await store.unsent(10, lane)] for lane in Lane}
    assert found == {
        Lane.EVENTS: [], Lane.STEPS: [step.id], Lane.CARDS: [card(1).id], Lane.OBSERVE: ["a"], Lane.REVIEWS: [],
    }  # fmt: skip


@on_a_file
async def test_it_is_looked_up_and_never_searched(opened):
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
