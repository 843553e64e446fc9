"""Serves the way of one run: asks the rules, and passes on what they allow, in words of our own."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from adapters.local_runs.proxy.asked import (
    OVERRIDES,
    Asked,
    StrangeRequestError,
    read_body,
    read_target,
)
from adapters.local_runs.proxy.known import KnownRun
from adapters.local_runs.proxy.rules import creates_model, creates_run, is_upload, refusal
from core.errors import StepFailedError

LARGEST_BODY: Final = 20 << 20
GET_RUN: Final = "/api/2.0/mlflow/runs/get"
MOST_BODIES: Final = 2  # at a time: read JSON takes many times its size
MOST_SENT: Final = 4 << 30  # bytes that a run sends: what it writes is on no disk of its own
ENTRY_BYTES: Final = 1 << 10  # an empty file or a single value costs, too
BLOCK: Final = 1 << 16
MOST_LINES: Final = 100  # of refusals in the log of the run
LONGEST_SHOWN: Final = 200
PASSED_ON: Final = ("Content-Type", "Accept")
GIVEN_BACK: Final = ("Content-Type", "Content-Disposition")
DIR_FLAGS: Final = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC

DENIED: Final = (
    "{method} {path} was refused: {why}. A model's code may read and write its own run, and reads "
    "its own model; versions, stages and other runs are not its to touch."
)
AWAY: Final = "MLflow does not answer."
TOO_MUCH: Final = f"a run sends {MOST_SENT >> 20} MB at most"

# What a run sends may be no HTTP at all, as often as it likes: no log keeps that.
SILENT: Final = logging.getLogger("sluss.proxy.requests")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False

Say = Callable[[str], None]
Learn = Callable[[], Awaitable[KnownRun]]


class _Created(msgspec.Struct):
    model: "_CreatedModel"


class _CreatedModel(msgspec.Struct):
    info: "_CreatedInfo"


class _CreatedInfo(msgspec.Struct):
    model_id: str
    artifact_uri: str = ""


class RunProxy:
    """``learn`` finds out what is known of the run, at the first request: many models ask nothing.

    ``session`` knows the server's password; ``say`` writes a line into the log of the run.
    """

    def __init__(
        self, address: str, session: aiohttp.ClientSession, learn: Learn, say: Say
    ) -> None:
        self._address = address
        self._session = session
        self._learn = learn
        self._say = say
        self._known: KnownRun | None = None
        self._turn = asyncio.Lock()
        self._bodies = asyncio.Semaphore(MOST_BODIES)
        self._sent = 0
        self._refused = 0

    @asynccontextmanager
    async def serving(self, way: Path) -> AsyncIterator[None]:
        """Listen on a Unix socket, whose path may be longer than the kernel's name for one."""
        runner = web.ServerRunner(web.Server(self._handle, logger=SILENT))
        await runner.setup()
        folder = os.open(way.parent, DIR_FLAGS)
        try:
            await web.UnixSite(runner, f"/proc/self/fd/{folder}/{way.name}").start()
            yield
        finally:
            await runner.cleanup()  # it removes the socket, too
            os.close(folder)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "GET":
            return await self._answer(request)
        async with self._bodies:
            return await self._answer(request)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            asked = await _asked(request)
        except StrangeRequestError as error:
            return self._deny(request.method, request.raw_path, str(error))
        try:
            known = await self._learned()
        except StepFailedError:
            return _error(503, "TEMPORARILY_UNAVAILABLE", AWAY)
        is_too_much = asked.method != "GET" and self._sent > MOST_SENT
        if why := refusal(asked, known) or (TOO_MUCH if is_too_much else ""):
            return self._deny(asked.method, asked.path, why)
        try:
            return await self._pass_on(request, asked, known)
        except (aiohttp.ClientError, TimeoutError):
            return _error(503, "TEMPORARILY_UNAVAILABLE", AWAY)

    async def _learned(self) -> KnownRun:
        async with self._turn:
            if self._known is None:
                self._known = await self._learn()
            return self._known

    def _deny(self, method: str, path: str, why: str) -> web.Response:
        shown = ascii(path[:LONGEST_SHOWN]).strip("'\"")
        message = DENIED.format(method=ascii(method[:10]).strip("'"), path=shown, why=why)
        self._refused += 1
        if self._refused <= MOST_LINES:
            self._say(message)
        return _error(403, "PERMISSION_DENIED", message)

    async def _pass_on(
        self, request: web.BaseRequest, asked: Asked, known: KnownRun
    ) -> web.StreamResponse:
        """Ask the server with a request of our own; no header but the two that it needs goes on."""
        if creates_run(asked):
            asked = Asked(method="GET", path=GET_RUN, query={"run_id": known.run})
        url = URL(self._address).joinpath(*asked.path[1:].split("/"))
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        body = asked.encoded_body
        self._sent += len(body or b"") + (0 if asked.method == "GET" else ENTRY_BYTES)
        data = self._counted(request) if is_upload(asked) else body
        async with self._session.request(
            asked.method,
            url.with_query(dict(asked.query)),
            data=data,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            if creates_model(asked) and answer.status == web.HTTPOk.status_code:
                return _json(_noted(await answer.read(), known))
            return await _given_back(request, answer)

    async def _counted(self, request: web.BaseRequest) -> AsyncIterator[bytes]:
        """Give a file block by block. Raise ClientPayloadError when the run has sent too much."""
        async for block in request.content.iter_chunked(BLOCK):
            self._sent += len(block)
            if self._sent > MOST_SENT:
                raise aiohttp.ClientPayloadError(TOO_MUCH)
            yield block


async def _asked(request: web.BaseRequest) -> Asked:
    if named := OVERRIDES & {name.casefold() for name in request.headers}:
        raise StrangeRequestError(f"it has the header {min(named)}")
    path, query = read_target(request.raw_path)
    asked = Asked(method=request.method, path=path, query=query)
    if is_upload(asked):
        return asked
    if request.method == "GET" and request.can_read_body:
        raise StrangeRequestError("it has a body, and none is read there")
    data = await _whole_body(request)
    body = read_body(data) if data else None
    return Asked(method=request.method, path=path, query=query, body=body)


async def _whole_body(request: web.BaseRequest) -> bytes:
    data = bytearray()
    async for block in request.content.iter_chunked(BLOCK):
        data += block
        if len(data) > LARGEST_BODY:
            raise StrangeRequestError("its body is too large")
    return bytes(data)


async def _given_back(
    request: web.BaseRequest, answer: aiohttp.ClientResponse
) -> web.StreamResponse:
    headers = {name: answer.headers[name] for name in GIVEN_BACK if name in answer.headers}
    given = web.StreamResponse(status=answer.status, headers=headers)
    await given.prepare(request)
    async for block in answer.content.iter_chunked(BLOCK):
        await given.write(block)
    await given.write_eof()
    return given


def _noted(raw: bytes, known: KnownRun) -> bytes:
    """Note the model that was just made: the run may fill it from now on."""
    info = msgspec.json.decode(raw, type=_Created).model.info
    known.created.add(info.model_id)
    known.add_root(info.model_id, info.artifact_uri)
    return raw


def _json(data: bytes, status: int = 200) -> web.Response:
    return web.Response(status=status, body=data, content_type="application/json")


def _error(status: int, code: str, message: str) -> web.Response:
    return _json(json.dumps({"error_code": code, "message": message}).encode(), status)
