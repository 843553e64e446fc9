"""Whatever MLflow says to our webhook, the worker goes on: the registry is looked at anyway."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web

from core.errors import UnavailableError
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.mlflow import tend_mlflow
from sluss.wiring.opening import Opening


@asynccontextmanager
async def answering(status, text):
    """The address of an MLflow that says this to everything."""
    app = web.Application()

    async def answer(_request):
        return web.Response(status=status, text=text)

    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def tended(home, url, server=None):
    prepare_home(home)
    async with AsyncExitStack() as closes:
        opening = Opening(closes)
        tend_mlflow(load(home, {}), url, server, opening)
        for tend in opening.tends:
            await tend()


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        (400, '{"message": "Invalid webhook URL."}', "refused our webhook: Invalid webhook URL."),
        (404, "<html>", "refused our webhook: it gives no reason."),
        (500, "{}", "cannot read its own webhooks"),
        (200, "<html>Please sign in</html>", "refused our webhook: its answer cannot be read."),
    ],
    ids=["refused", "without webhooks", "with another key", "behind a sign-in"],
)
async def test_a_refused_webhook_is_told_and_ends_nothing(tmp_path, caplog, status, text, told):
    async with answering(status, text) as url:
        await tended(tmp_path / "home", url)

    assert told in caplog.text


@pytest.mark.parametrize(
    "url", ["databricks", "mlflow.example:5000", "sqlite:///runs.db", "http://["]
)
async def test_an_address_that_is_none_of_a_server_is_told_and_ends_nothing(tmp_path, caplog, url):
    await tended(tmp_path / "home", url)

    assert "MLflow's address is none of a web server" in caplog.text


async def test_a_server_below_a_path_is_asked_there(tmp_path, caplog):
    async with answering(404, "{}") as url:
        await tended(tmp_path / "home", f"{url}/tools/mlflow")

    assert "refused our webhook" in caplog.text


class Fallen:
    """Our own MLflow, which ended while it started: it is up when it was started again."""

    def __init__(self) -> None:
        self.is_up = False

    async def ready(self) -> None:
        if not self.is_up:
            raise UnavailableError("MLflow ended while starting.", retry_after_s=0.01)

    async def start(self) -> None:
        self.is_up = True

    async def ensure(self) -> None:
        assert self.is_up, "what has not begun is not taken for hanging"


async def test_our_own_server_is_started_again_when_it_ended_while_it_started(tmp_path, caplog):
    async with answering(404, "{}") as url:
        tending = asyncio.create_task(tended(tmp_path / "home", url, Fallen()))
        async with asyncio.timeout(10):
            while "refused our webhook" not in caplog.text:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.01)
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)
