"""What goes wrong while git fetches: a pack comes by half, stops in the middle, or is spoilt."""

import asyncio
import threading

from aiohttp import web

from tests.peers.azure_devops import smart_http
from tests.peers.azure_devops.faults import Effect, Handle
from tests.peers.azure_devops.repositories import Repository

LOOK_S = 0.01
TYPE = "application/x-git-upload-pack-result"


def spoilt_pack(repository: Repository) -> Effect:
    """Send a pack of which a few bytes are others."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        whole = bytearray(await _whole(repository, request))
        middle = len(whole) * 3 // 4
        whole[middle : middle + 9] = b"different"
        return web.Response(body=bytes(whole), content_type=TYPE)

    return effect


def half_a_pack(repository: Repository, until: threading.Event | None = None) -> Effect:
    """Send the first half of a pack and cut the connection, at once or when ``until`` is set."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        whole = await _whole(repository, request)
        response = web.StreamResponse(headers={"Content-Type": TYPE})
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
        while until is not None and not until.is_set():  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(LOOK_S)
        if request.transport is not None:
            request.transport.abort()
        return response

    return effect


async def _whole(repository: Repository, request: web.Request) -> bytes:
    command = smart_http._command(repository, "git-upload-pack", ".")
    return await smart_http._run(request, command, await request.read())
