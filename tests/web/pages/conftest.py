"""The pages, served for tests, and functions that read one of them."""

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
    """A function that gets a page's status, and its text without tags and extra blanks."""

    async def answered(path):
        async with pages.client.get(path) as answer:
            bare = re.sub(r"<[^>]+>", " ", await answer.text())
            return answer.status, " ".join(html.unescape(bare).split())

    return answered


@pytest.fixture
def source(pages):
    """A function that gets a page's source as the browser does."""

    async def answered(path):
        async with pages.client.get(path) as answer:
            return await answer.text()

    return answered
