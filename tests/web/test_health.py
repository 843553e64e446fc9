"""Whether we live, whether we can take deliveries, and our counters."""

import sqlite3

import pytest

from tests.web.pages.serving import some_pages


@pytest.fixture
async def pages(tmp_path):
    async with some_pages(tmp_path) as serving:
        yield serving


@pytest.fixture
def a_hog(pages, tmp_path):
    """A connection that holds the store's write lock until the test ends."""
    connection = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


async def test_a_process_that_answers_lives(pages):
    answer = await pages.client.get("/health/live")

    assert (answer.status, await answer.json()) == (200, {"live": True})


async def test_it_is_ready_when_store_and_queue_answer(pages):
    answer = await pages.client.get("/health/ready")

    told = await answer.json()
    assert (answer.status, told["ready"], told["failed"]) == (200, True, {})


async def test_while_the_store_takes_nothing_it_is_not_ready_but_lives(pages, a_hog):
    answer = await pages.client.get("/health/ready")
    told = await answer.json()

    assert (answer.status, told["ready"], list(told["failed"])) == (503, False, ["store"])
    assert (await pages.client.get("/health/live")).status == 200
    a_hog.rollback()
    assert (await pages.client.get("/health/ready")).status == 200


async def test_the_counters_are_prometheus_text(pages):
    answer = await pages.client.get("/metrics")

    assert answer.content_type == "text/plain"
    assert "sluss_tested_total 1.0" in await answer.text()
