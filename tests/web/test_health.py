"""Whether we live, whether we can take deliveries, and our counters."""

import asyncio
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


async def asked_until_failed(client, *failed):
    """Ask until these and no others fail: on a busy machine a disk is slow to sync."""
    async with asyncio.timeout(30):
        while True:
            answer = await client.get("/health/ready")
            told = await answer.json()
            if tuple(told["failed"]) == failed:
                return answer.status, told["ready"]
            await asyncio.sleep(0.1)


async def test_a_process_that_answers_lives(pages):
    answer = await pages.client.get("/health/live")

    assert (answer.status, await answer.json()) == (200, {"live": True})


async def test_it_is_ready_when_store_and_queue_answer(pages):
    assert await asked_until_failed(pages.client) == (200, True)


async def test_while_the_store_takes_nothing_it_is_not_ready_but_lives(pages, a_hog):
    assert await asked_until_failed(pages.client, "store") == (503, False)
    assert (await pages.client.get("/health/live")).status == 200

    a_hog.rollback()
    assert await asked_until_failed(pages.client) == (200, True)


async def test_the_counters_are_prometheus_text(pages):
    answer = await pages.client.get("/metrics")

    assert answer.content_type == "text/plain"
    assert "sluss_tested_total 1.0" in await answer.text()
