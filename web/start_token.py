"""The token of this start: without it nobody speaks, presses or sends again in a local start.

Whoever sits before the machine finds it in the address that the start has printed, as with
notebook servers. A program of this machine that cannot read the home, such as a model's run,
has no way to it.
"""

import hmac
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from core.loopback import READING, is_from_here

STRANGERS: Final = (Path(__file__).parent / "strangers.html").read_text("utf-8")
ELSEWHERE: Final = "A local start answers this machine alone, under its own name. Nothing was done."
FOR_PROGRAMS: Final = (
    "This needs the token of this start, which lies in secrets/chat_token of the home of Sluss. "
    "Nothing was done; send it as a bearer token."
)
PROGRAMS: Final = ("/api/", "/chat/connector", "/chat/socket")
TOKEN: Final = "token"  # noqa: S105 - its name in the address
READ_BY_ALL: Final = (
    "/chat/page/", "/chat/renderer/", "/style/", "/releases", "/deliveries", "/health/", "/metrics",
)  # fmt: skip
PROVES_ITSELF: Final = "/hooks/"  # a sender has credentials of its own
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class StartToken:
    """Demands the token at every address that is not named as open: a new one is closed at first.

    Under another name than this machine's all are closed but those of senders who prove themselves.

    A browser keeps it as a cookie, whose name has the port: cookies are shared by all ports.
    """

    def __init__(self, value: str, port: int) -> None:
        self._value = value
        self._cookie = f"sluss_{port}"

    def guard(self) -> Middleware:
        @web.middleware
        async def demand(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(PROVES_ITSELF):
                return await handler(request)
            if not is_from_here(request):
                raise web.HTTPForbidden(text=ELSEWHERE)
            if _is_open(request):
                return await handler(request)
            if self._is_in_address(request) and _is_navigation(request):
                return self._remembered(request)
            return await handler(request) if self._is_shown(request) else _refused(request)

        return demand

    def _is_shown(self, request: web.Request) -> bool:
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        bearer = shown.strip() if kind.casefold() == "bearer" else ""
        cookie = request.cookies.get(self._cookie, "")
        return self._is_it(bearer) or self._is_it(cookie) or self._is_in_address(request)

    def _is_in_address(self, request: web.Request) -> bool:
        return self._is_it(request.query.get(TOKEN, ""))

    def _is_it(self, shown: str) -> bool:
        """Compare in the same time whatever was shown; an empty token opens nothing."""
        known, asked = self._value.encode(), shown.encode("utf-8", "replace")
        return bool(self._value) and hmac.compare_digest(known, asked)

    def _remembered(self, request: web.Request) -> web.Response:
        """Keep it in the browser, and lead to the same address without it: that may be shown."""
        bare = request.rel_url.without_query_params(TOKEN)
        answer = web.Response(
            status=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": str(bare)}
        )
        answer.set_cookie(self._cookie, self._value, httponly=True, samesite="Strict", path="/")
        return answer


def _is_open(request: web.Request) -> bool:
    return request.method in READING and request.path.startswith(READ_BY_ALL)


def _is_navigation(request: web.Request) -> bool:
    """Whether a person opens a page; programs take what they asked for, and keep no cookies."""
    return request.method in READING and request.path in {"/", "/chat", "/chat/"}


def _refused(request: web.Request) -> web.Response:
    headers = {**HEADERS, "WWW-Authenticate": "Bearer"}
    if request.path.startswith(PROGRAMS):
        return web.json_response(
            {"error": FOR_PROGRAMS}, status=HTTPStatus.UNAUTHORIZED, headers=headers
        )
    return web.Response(
        text=STRANGERS, status=HTTPStatus.UNAUTHORIZED, content_type="text/html", headers=headers
    )
