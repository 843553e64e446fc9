"""What is no HTTP is not quoted in the log: a header that is too long may be a token."""

import asyncio
import contextlib
import logging
import socket

import pytest
from aiohttp import web

from sluss.wiring.server import _serve

TOKEN = "token-of-a-job"
UNREADABLE = {
    "too long": f"AuthToken: {TOKEN}{'a' * 9000}",
    "a control character": f"AuthToken: {TOKEN}\x00",
    "no header": TOKEN,
}


@pytest.mark.parametrize("header", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_request_that_is_no_http_is_told_without_its_bytes(header, caplog):
    async with contextlib.AsyncExitStack() as undo:
        bound = socket.create_server(("127.0.0.1", 0))
        await _serve(web.Application(), [bound], undo)
        with caplog.at_level(logging.DEBUG):
            reader, writer = await asyncio.open_connection(*bound.getsockname())
            writer.write(f"POST /hooks/x HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
            assert b" 400 " in await reader.readline()
            writer.close()
            await writer.wait_closed()
    assert "it is no HTTP" in caplog.text
    assert TOKEN not in caplog.text
