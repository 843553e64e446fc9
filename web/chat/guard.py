"""Keeps web pages of other people out: a rebound name, a form, a foreign script, a frame."""

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from core.loopback import is_loopback, is_own_host

HEADERS = {
    # the renderer sets colours through the style object, which 'self' allows
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not is_loopback(request.remote or "") or not is_own_host(request.host):
        raise web.HTTPForbidden(text="The chat window exists on this machine only.")
    if not _is_own_page(request):
        raise web.HTTPForbidden(text="Another page may not speak here. Nothing was done.")
    answer = await handler(request)
    if not answer.prepared:
        answer.headers.update(HEADERS)
    return answer


def _is_own_page(request: web.Request) -> bool:
    """Our page's socket names our origin; the bot names none; a browser's form or script does."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.host and request.method == "GET"
    is_socket = request.headers.get("Upgrade", "").casefold() == "websocket"
    is_reading = request.method in {"GET", "HEAD"}
    return not is_socket and (is_reading or request.content_type == "application/json")
