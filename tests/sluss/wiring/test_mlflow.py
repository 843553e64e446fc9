"""Whatever MLflow says to our webhook, the worker goes on: the registry is looked at anyway."""

import logging
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web

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
    prepare_home(tmp_path / "home")
    settings = load(tmp_path / "home", {})
    async with answering(status, text) as url, AsyncExitStack() as closes:
        opening = Opening(closes)
        tend_mlflow(settings, url, None, opening)
        with caplog.at_level(logging.WARNING):
            for tend in opening.tends:
                await tend()

    assert told in caplog.text
