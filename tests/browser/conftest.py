"""One Chromium for all browser tests, and pages in every size and light that people use.

A test file here says ``pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]``:
the browser lives longer than one test, and so must the loop that speaks to it.
"""

import os
import shutil

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 740}}
OURS = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium. In the pipeline a missing browser is a failure, not a skip."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("CI", "").casefold() == "true":
        pytest.fail(f"no browser on this machine: install one of {', '.join(NAMES)}")
    if found is None:
        pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is on the PATH")
    return found


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser(chromium):
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser):
    """``await open_page(url, size="narrow", scheme="dark")``: a window of its own, as a person has.

    At the end no page may have complained, nor asked anybody but this machine.
    """
    contexts, complaints = [], []

    async def opened(url, *, size="wide", scheme="light", **more):
        # What moves without end is drawn without end, on machines without a graphics card.
        context = await browser.new_context(
            viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce", **more
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("request", lambda asked: asked.url.startswith(OURS) or complaints.append(asked.url))
        await page.goto(url)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert complaints == []
