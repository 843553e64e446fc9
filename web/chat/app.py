"""The chat window as one application, mounted at /chat beside the bot's endpoint."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from core.errors import SettingsError
from core.loopback import is_loopback
from web.chat.bot_client import BotClient
from web.chat.connector import Connector
from web.chat.guard import guard
from web.chat.settings import ChatSettings
from web.chat.sockets import Sockets
from web.chat.transcript import Transcript
from web.chat.windows import Windows

PAGE = Path(__file__).parent / "page"
RENDERER = {
    "adaptivecards.min.js": "adaptivecards/dist/adaptivecards.min.js",
    "markdown-it.min.js": "markdown-it/dist/markdown-it.min.js",
}
SOCKETS = web.AppKey("sockets", Sockets)
LARGEST = 1 << 20  # bytes of one activity


def chat_app(settings: ChatSettings) -> web.Application:
    """Raise SettingsError off this machine, or when the card renderer is not installed."""
    _check(settings)
    transcript = Transcript(settings.history)
    windows = Windows(settings, transcript)
    app = web.Application(middlewares=[guard], client_max_size=LARGEST)
    app.add_routes(Connector(transcript, windows).routes())
    app.add_routes(_page_routes(settings))

    async def serve(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            bot = BotClient(settings, session)
            app[SOCKETS] = Sockets(settings, transcript, windows, bot)
            yield

    async def close(_: web.Application) -> None:
        await windows.close()

    app.router.add_get("/socket", _socket)
    app.cleanup_ctx.append(serve)
    app.on_shutdown.append(close)
    return app


async def _socket(request: web.Request) -> web.WebSocketResponse:
    return await request.app[SOCKETS].open(request)


def _check(settings: ChatSettings) -> None:
    if not is_loopback(urlsplit(settings.base_url).hostname or ""):
        raise SettingsError(
            f"In the chat window people pick who they are, so it may not be at {settings.base_url}."
            " Nothing was started; use 127.0.0.1, and Teams for everybody else."
        )
    missing = [name for name in RENDERER.values() if not (settings.renderer / name).is_file()]
    if missing:
        raise SettingsError(
            f"The card renderer is not installed ({missing[0]} is missing). "
            "Nothing was started; run `make setup`, then start again."
        )


def _page_routes(settings: ChatSettings) -> list[web.AbstractRouteDef]:
    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def to_page(_: web.Request) -> web.Response:
        raise web.HTTPFound(f"{settings.mounted_at}/")

    async def people(_: web.Request) -> web.Response:
        """For the question "who are you?" before there is a socket."""
        found = [
            {"id": one.id, "name": one.name, "groups": [*one.groups]} for one in settings.people
        ]
        return web.json_response(found)

    async def renderer(request: web.Request) -> web.FileResponse:
        name = request.match_info["name"]
        if name not in RENDERER:
            raise web.HTTPNotFound(text="There is no such file.")
        return web.FileResponse(settings.renderer / RENDERER[name])

    return [
        web.get("", to_page),
        web.get("/", page),
        web.get("/people", people),
        web.get("/renderer/{name}", renderer),
        web.static("/page", PAGE),
    ]
