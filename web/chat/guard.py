"""Keeps web pages of other people out: a rebound name, a form, a foreign script, a frame."""

from aiohttp import web
from aiohttp.typedefs import Handler

from core.loopback import Door, is_from_here

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


DOOR = Door(our_page=frozenset({"GET"}), programs=True)  # the page's socket, and the bot


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not is_from_here(request):
        raise web.HTTPForbidden(text="The chat window exists on this machine only.")
    if not DOOR.lets_in(request):
        raise web.HTTPForbidden(text="Another page may not speak here. Nothing was done.")
    answer = await handler(request)
    if not answer.prepared:
        answer.headers.update(HEADERS)
    return answer
