"""What goes wrong on the way: scripted per request, each as the wire shows it.

``devops.faults.on("POST", r"/threads$", dropped_after(), times=1)``: the next one to match fails so.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.peers.azure_devops.refusals import SIGN_IN_PAGE

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
Effect = Callable[[web.Request, Handle], Awaitable[web.StreamResponse]]
ALWAYS = -1
SIGN_IN_PATH = "/_signin"
PIECE_BYTES = 16


@dataclass
class Fault:
    method: str
    path: str
    effect: Effect
    times: int
    skip: int

    def hits(self, method: str, path: str) -> bool:
        matches = re.fullmatch(self.method, method, re.IGNORECASE)
        if not matches or not re.search(self.path, path, re.IGNORECASE) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1 if self.times > 0 else 0
        return True


class Faults:
    """The faults that are still to come; the first that matches is taken."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def on(self, method: str, path: str, effect: Effect, *, times: int = 1, skip: int = 0) -> Fault:
        """Regular expressions for the whole method and a part of the path (organisation excluded).

        ``skip`` lets so many matching requests pass first; ``times=ALWAYS`` never ends.
        """
        fault = Fault(method, path, effect, times, skip)
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def next_for(self, method: str, path: str) -> Effect | None:
        for fault in list(self._faults):
            if fault.hits(method, path):
                return fault.effect
        return None


def answer(
    status: int,
    body: str = "",
    *,
    content_type: str = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> Effect:
    """Answer this and do nothing."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=content_type, headers=headers)

    return effect


def sign_in_page(status: int = 203) -> Effect:
    """A page for people where JSON was asked for; with 200 it looks like success."""
    return answer(status, SIGN_IN_PAGE, content_type="text/html")


def sign_in_redirect() -> Effect:
    """302 to the sign-in page (which the peer serves, as HTML with 200)."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        return web.Response(
            status=302, headers={"Location": f"{request.url.origin()}{SIGN_IN_PATH}"}
        )

    return effect


def error(status: int, message: str, type_key: str) -> Effect:
    """A refusal as Azure DevOps words it."""
    body = {"$id": "1", "message": message, "typeKey": type_key, "errorCode": 0, "eventId": 3000}
    return answer(status, json.dumps(body), content_type="application/json")


def too_many(retry_after_s: int = 1) -> Effect:
    headers = {"Retry-After": str(retry_after_s), **_limits(retry_after_s)}
    return answer(
        429, "TF400733: The request has been canceled: Request was blocked.", headers=headers
    )


def slowed_down(delay_s: int = 1, *, is_delayed_only: bool = False) -> Effect:
    """Succeed, and ask for slower calls: what comes before 429. ``is_delayed_only``: without Retry-After."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        response = await handle(request)
        if not response.prepared:
            response.headers.update(_limits(delay_s))
            if not is_delayed_only:
                response.headers["Retry-After"] = str(delay_s)
        return response

    return effect


def half() -> Effect:
    """The write is done; the answer promises all its bytes, sends half and cuts the connection."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        whole, body = await _body(request, handle)
        cut = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
        cut.content_length = max(len(body), 2)
        await cut.prepare(request)
        await cut.write(body[: max(len(body), 2) // 2] or b"{")
        _cut(request)
        return cut

    return effect


def drip(pause_s: float = 0.05) -> Effect:
    """The answer comes a few bytes at a time."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        whole, body = await _body(request, handle)
        slow = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
        slow.content_length = len(body)
        await slow.prepare(request)
        for start in range(0, len(body), PIECE_BYTES):
            await slow.write(body[start : start + PIECE_BYTES])
            await asyncio.sleep(pause_s)
        return slow

    return effect


def hang(seconds: float = 3600) -> Effect:
    """Nothing is done and nothing is said until the client (or the test) goes."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response(status=504)

    return effect


def dropped_before() -> Effect:
    """The connection is cut and nothing was done."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        _cut(request)
        return web.Response(status=499)

    return effect


def dropped_after() -> Effect:
    """The connection is cut when all was done: the client cannot know."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        await handle(request)
        _cut(request)
        return web.Response(status=499)

    return effect


def truncated(keep: int = 3) -> Effect:
    """A list that ends too early, as the location service sends at times."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        whole, body = await _body(request, handle)
        kept = json.loads(body)["value"][:keep]
        return web.json_response({"count": len(kept), "value": kept}, status=whole.status)

    return effect


def turned_round() -> Effect:
    """All lists of an answer in the other order: nobody has promised one."""

    async def effect(request: web.Request, handle: Handle) -> web.StreamResponse:
        whole, body = await _body(request, handle)
        return web.json_response(_turned_round(json.loads(body)), status=whole.status)

    return effect


def _turned_round(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned_round(each) for name, each in value.items()}
    return [*map(_turned_round, reversed(value))] if isinstance(value, list) else value


async def _body(request: web.Request, handle: Handle) -> tuple[web.Response, bytes]:
    whole = await handle(request)
    assert isinstance(whole, web.Response), "only a REST answer can be taken apart"
    body = whole.body
    return whole, body if isinstance(body, bytes) else b""


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _limits(delay_s: int) -> dict[str, str]:
    return {
        "X-RateLimit-Resource": "TSTUs/Azure DevOps Services",
        "X-RateLimit-Delay": f"{delay_s}.000",
        "X-RateLimit-Limit": "200",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "0",
    }
