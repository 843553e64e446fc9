"""The chat window as one application, mounted at /chat beside the bot's endpoint."""

import asyncio
import html
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

from core.errors import SettingsError
from core.loopback import Door, is_from_here, is_loopback
from core.people import Person
from core.typed_text import clean_json
from web.chat.bot_line import BotClient, Connector
from web.chat.messages import FromWindow, Press, Problem, Read, Say, Settled
from web.chat.roles import Roles
from web.chat.settings import ChatSettings
from web.chat.transcript import Transcript
from web.chat.windows import Windows

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
LONGEST_TEXT = 4000  # letters; the bot says in words where it takes fewer
NOT_YOURS = "You have no such conversation. Nothing was sent."

PAGE = Path(__file__).parent / "page"
RENDERER = {
    "adaptivecards.min.js": "adaptivecards/dist/adaptivecards.min.js",
    "markdown-it.min.js": "markdown-it/dist/markdown-it.min.js",
}
NOTICE = "<!-- notice -->"
LARGEST = 1 << 20  # bytes of one activity


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep web pages of other people out: a rebound name, a form, a foreign script, a frame."""
    if not is_from_here(request):
        raise web.HTTPForbidden(text="The chat window exists on this machine only.")
    if not DOOR.lets_in(request):
        raise web.HTTPForbidden(text="Another page may not speak here. Nothing was done.")
    answer = await handler(request)
    if not answer.prepared:
        answer.headers.update(HEADERS)
    return answer


class Sockets:
    """Each window has a socket: what is said and pressed goes to the bot, the rest comes back."""

    def __init__(
        self, settings: ChatSettings, transcript: Transcript, windows: Windows, bot: BotClient
    ) -> None:
        self._settings = settings
        self._transcript = transcript
        self._windows = windows
        self._bot = bot

    async def open(self, request: web.Request) -> web.WebSocketResponse:
        person = self._settings.person(request.query.get("as", ""))
        if person is None:
            raise web.HTTPNotFound(text="There is nobody of that name in people.yml.")
        window = web.WebSocketResponse(heartbeat=20, max_msg_size=LARGEST)
        await window.prepare(request)
        self._windows.add(window, person)
        try:
            await self._windows.tell(window, await self._windows.state(person))
            await self._listen(window, person)
        finally:
            self._windows.remove(window)
        return window

    async def _listen(self, window: web.WebSocketResponse, person: Person) -> None:
        """A slow press does not stop the next word; the window's end cancels nothing."""
        async with asyncio.TaskGroup() as working:
            async for message in window:
                if message.type is not WSMsgType.TEXT:
                    continue
                try:
                    wanted = msgspec.convert(clean_json(message.data), FromWindow)
                except ValueError:
                    continue  # our own page sends none of these
                working.create_task(self._do(window, person, wanted))

    async def _do(self, window: web.WebSocketResponse, person: Person, wanted: FromWindow) -> None:
        if not self._windows.may_speak(person, wanted.room):
            await self._windows.tell(window, Problem(room=wanted.room, text=NOT_YOURS))
            return
        match wanted:
            case Say():
                await self._say(window, person, wanted)
            case Press():
                await self._windows.tell(window, await self._bot.press(person, wanted))
            case Read():
                await self._windows.read(self._transcript.see(person.id, wanted.room))

    async def _say(self, window: web.WebSocketResponse, person: Person, say: Say) -> None:
        text = say.text.strip()[:LONGEST_TEXT]
        if not text:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        said = self._transcript.say(say.room, by=person.id, at=now, text=text)
        await self._windows.spoken(said)
        problem = await self._bot.say(person, said)
        answer = Problem(room=say.room, text=problem) if problem else Settled(room=say.room)
        await self._windows.tell(window, answer)


SOCKETS = web.AppKey("sockets", Sockets)


def chat_app(settings: ChatSettings, roles: Roles | None = None) -> web.Application:
    """Make the application; without roles nobody is told who does what, nor what waits for whom.

    Raise SettingsError off this machine, or when the card renderer is not installed.
    """
    _check(settings)
    transcript = Transcript(settings.history)
    windows = Windows(settings, transcript, roles)
    app = web.Application(middlewares=[guard], client_max_size=LARGEST)
    app.add_routes(Connector(transcript, windows).routes())
    app.add_routes(_page_routes(settings, windows))

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


def _notice(words: str) -> str:
    strong = f"<strong>{html.escape(words)}</strong>"
    return f'<p class="notice" role="alert">{strong}</p>' if words else ""


def _page_routes(settings: ChatSettings, windows: Windows) -> list[web.AbstractRouteDef]:
    text = (PAGE / "index.html").read_text("utf-8").replace(NOTICE, _notice(settings.notice))

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="text/html")

    async def to_page(_: web.Request) -> web.Response:
        raise web.HTTPFound(f"{settings.mounted_at}/")

    async def people(_: web.Request) -> web.Response:
        """Answer the question "who are you?" before there is a socket."""
        found = [one for one in windows.people() if one.is_active]
        return web.json_response(body=msgspec.json.encode(found))

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
