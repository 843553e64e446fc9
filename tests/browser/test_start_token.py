"""Whoever opens the window without the token of the start reads where its address is."""

import pytest
import pytest_asyncio

from adapters.mlflow.command import free_port
from sluss.home.chat_token import chat_address
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.lock import Role
from sluss.wiring.server import Server
from tests.browser.album import Album

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def up(tmp_path):
    prepare_home(tmp_path / "home")
    environ = {"SLUSS_PORT": str(free_port()), "SLUSS_MLFLOW_URL": "http://127.0.0.1:1"}
    settings = load(tmp_path / "home", environ)
    async with Server(settings, Role.GATEWAY):
        yield settings


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser):
    """A window whose console may speak of the refusal, which is what it is about."""
    context = await browser.new_context(reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


async def test_it_is_said_in_words_and_fits_every_window(up, page, open_page):
    await page.goto(f"{up.public_url}/chat/?as=bo#general")

    assert "Open this with the address that Sluss has printed" in await page.inner_text("h1")
    await Album(open_page).take_here(page, "chat_without_token")


async def test_the_address_is_opened_once_and_shows_no_token_then(up, page):
    await page.goto(f"{chat_address(up.home, up.public_url)}&as=bo#general")
    await page.wait_for_selector("#text:enabled")
    assert page.url == f"{up.public_url}/chat/?as=bo#general"

    await page.goto(f"{up.public_url}/chat/?as=bo#approvals")
    await page.wait_for_selector("#text:enabled")
    assert await page.evaluate("document.cookie") == ""


async def test_a_window_of_an_earlier_start_says_so(up, page):
    await page.goto(f"{chat_address(up.home, up.public_url)}&as=bo#general")
    await page.wait_for_selector("#text:enabled")
    await page.context.clear_cookies()
    await page.evaluate("performance.now()")
    async with page.expect_navigation():
        await page.evaluate("fetch('people').then((a) => a.status === 401 && location.reload())")

    assert "new at each start" in await page.inner_text("main")
