"""What a reader has of their own: a zone, a small screen, large letters, a keyboard, a voice."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from core.card import (
    Banner,
    Card,
    Cell,
    Dated,
    Facts,
    Heading,
    Section,
    Table,
    Text,
    Tone,
)
from tests.web.chat.serving import a_chat

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LATE = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)  # in Stockholm it is the next day
THEIRS = "{{DATE(2026-11-29T23:30:00Z, SHORT)}} {{TIME(2026-11-29T23:30:00Z)}}"
SINCE = Dated("since ", LATE)


@pytest_asyncio.fixture(loop_scope="session")
async def run(tmp_path):
    async with a_chat(tmp_path) as running:
        yield running


@pytest.fixture
def chat_as(run, open_page):
    async def opened(person, *, room="general", **window):
        page = await open_page(f"{run.url}/chat/?as={person}#{room}", **window)
        await page.wait_for_selector("#text:enabled")
        return page

    return opened


async def test_a_moment_of_a_card_is_that_of_the_readers_zone_and_nobody_elses_words_are(
    run, chat_as
):
    body = (
        Heading(SINCE), Banner(SINCE, Tone.BAD), Text(SINCE), Facts((("When", SINCE), ("Why", THEIRS))),
        Table(("when", "why"), ((Cell(SINCE), Cell(THEIRS)),)), Text(THEIRS), Heading(THEIRS),
        Section(title=SINCE, body=(Text(SINCE),), is_open=True),
    )  # fmt: skip
    await run.chat.post("general", Card(summary="times", body=body))
    page = await chat_as("anna", locale="en-GB", timezone_id="Europe/Stockholm")
    shown = await page.inner_text(".card")

    assert shown.count("since Mon, 30 Nov 2026 0:30") == 7
    assert shown.replace("\N{ZERO WIDTH SPACE}", "").count(THEIRS) == 4
