"""What goes wrong while git fetches: a pack that comes by half, and one that stops in the middle."""

import asyncio
import threading

from aiohttp import web

from tests.peers.azure_devops import smart_http
from tests.peers.azure_devops.faults import Effect, Handle
from tests.peers.azure_devops.repositories import Repository

LOOK_S = 0.01


def half_a_pack(repository: Repository, until: threading.Event | None = None) -> Effect:
    """Send the first half of a pack and cut the connection, at once or when ``until`` is set."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        command = smart_http._command(repository, "git-upload-pack", ".")
        whole = await smart_http._run(request, command, await request.read())
        response = web.StreamResponse(
            headers={"Content-Type": "application/x-git-upload-pack-result"}
        )
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
        while until is not None and not until.is_set():  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(LOOK_S)
        if request.transport is not None:
            request.transport.abort()
        return response

    return effect
