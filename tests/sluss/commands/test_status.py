"""``sluss status`` asks this machine, and takes nobody else's answer for ours."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from core.errors import UnavailableError
from sluss.commands.status import status
from sluss.home.prepare import prepare_home
from sluss.home.settings import load


@asynccontextmanager
async def answering(home, code, text):
    """Settings of a start at whose port this is said to everything."""
    app = web.Application()

    async def answer(_request):
        return web.Response(status=code, text=text)

    app.router.add_get("/health/ready", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    prepare_home(home)
    try:
        yield load(home, {"SLUSS_PORT": str(runner.addresses[0][1])})
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("code", [200, 503])
async def test_what_the_server_says_of_itself_is_told_past_any_proxy(tmp_path, monkeypatch, code):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    async with answering(tmp_path / "home", code, '{"ready": false, "failed": {}}') as settings:
        told = await asyncio.to_thread(status, settings)

    assert told == {"ready": False, "failed": {}}


@pytest.mark.parametrize("code", [200, 500])
async def test_another_program_at_our_port_is_not_us(tmp_path, code):
    async with answering(tmp_path / "home", code, "<html>") as settings:
        with pytest.raises(UnavailableError, match="Sluss does not answer at"):
            await asyncio.to_thread(status, settings)
