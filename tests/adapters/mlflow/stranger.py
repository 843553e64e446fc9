"""A web server of somebody else, where MLflow should be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


async def serve(handler: Any) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def answering(status: int, body: bytes = b"{}", **headers: str) -> AsyncIterator[str]:
    """The address of what says this to everything."""

    async def answer(_: web.Request) -> web.Response:
        kind = "application/json"
        return web.Response(status=status, body=body, content_type=kind, headers=headers)

    async for address in serve(answer):
        yield address
