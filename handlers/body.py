"""Read the body of a delivery: no more than 2 MB of it, and not for ever."""

import asyncio
from typing import Final

import msgspec
from aiohttp import StreamReader, web

from core.errors import UnavailableError

LARGEST: Final = 2 * 1024 * 1024  # Azure DevOps sends no more
PATIENCE_S: Final = 20.0

TOO_LARGE: Final = "the body is over 2 MB"


class SenderGoneError(UnavailableError):
    """The body did not arrive whole. Nothing was kept; the sender should try again."""


class RawBody(msgspec.Struct, frozen=True, kw_only=True):
    """``flaw`` says why ``data`` is not the whole body; ``size`` is what the sender announced."""

    data: bytes
    size: int
    flaw: str = ""


async def read_body(request: web.Request) -> RawBody:
    """Raise SenderGoneError when the sender goes away or stalls."""
    chunks: list[bytes] = []
    try:
        if request.content.is_eof():
            chunks.append(await request.content.readany())  # mostly it came with the headers
        else:
            async with asyncio.timeout(PATIENCE_S):
                await _gather(request.content, chunks)
    except (web.RequestPayloadError, ConnectionError, TimeoutError) as error:
        raise SenderGoneError from error
    data = b"".join(chunks)
    flaw = TOO_LARGE if len(data) > LARGEST else ""
    size = max(len(data), request.content_length or 0)
    return RawBody(data=data[:LARGEST], size=size, flaw=flaw)


async def _gather(content: StreamReader, chunks: list[bytes]) -> None:
    size = 0
    while size <= LARGEST and (chunk := await content.readany()):
        chunks.append(chunk)
        size += len(chunk)
