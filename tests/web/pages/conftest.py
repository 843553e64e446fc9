"""Pages that serve, and the words that one of them shows."""

import html
import re

import pytest

from tests.web.pages.serving import some_pages


@pytest.fixture
async def pages(tmp_path):
    async with some_pages(tmp_path) as serving:
        yield serving


@pytest.fixture
def read(pages):
    """Status and text of a page, without its tags and with one space between words."""

    async def answered(path):
        async with pages.client.get(path) as answer:
            bare = re.sub(r"<[^>]+>", " ", await answer.text())
            return answer.status, " ".join(html.unescape(bare).split())

    return answered


@pytest.fixture
def source(pages):
    """The bytes of a page as the browser gets them."""

    async def answered(path):
        async with pages.client.get(path) as answer:
            return await answer.text()

    return answered
