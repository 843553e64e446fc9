"""The pages, rendered on the server; they work without JavaScript."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import jinja2
import msgspec
from aiohttp import web

from core.count import count
from core.desk import letter_id
from core.errors import RefusedError, UnknownNameError
from core.handle import Handle
from core.loopback import READING, Door
from core.people import Person
from core.ports import Evidence, MLPlatform, Queue, Store
from core.refusals import Refusals
from core.scrub import KnownSecrets, without_login
from web.pages import show
from web.pages.letters import letters_page, send_again
from web.pages.release import release_page
from web.pages.report import report_of
from web.style import style_routes

TEMPLATES: Final = Path(__file__).parent / "templates"
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
DOOR: Final = Door(our_page=READING | {"POST"})
COMMIT: Final = re.compile(r"[0-9a-f]{4,64}")
LOOKS: Final = 60  # a second between two of them
MOST: Final = 200  # releases of the list
UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")
NOBODY: Final = "Say who you are: nobody of people.yml was picked. Nothing was sent again."
FOREIGN: Final = "This did not come from our own page. Nothing was sent again."


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages read; ``mlflow_url`` is where they lead for a run and a version.

    Nobody signs in here: ``people`` are those whom a person may say to be. ``secrets`` show on no
    page, whoever wrote them into what is told there.
    """

    store: Store
    handle: Handle
    evidence: Evidence
    ml_platform: MLPlatform
    queues: dict[str, Queue]
    people: tuple[Person, ...] = ()
    mlflow_url: str = ""
    secrets: KnownSecrets = msgspec.field(default_factory=KnownSecrets)
    refusals: Refusals = msgspec.field(default_factory=Refusals)


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a page looked for; ``again`` is the number of its next look, and 0 when it is over."""

    commit: str
    again: int
    found: int
    most: int


SERVICES: Final = web.AppKey("pages", Pages)
JINJA: Final = web.AppKey("jinja", jinja2.Environment)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_pages(app: web.Application, services: Pages) -> None:
    """Nobody is signed in at the pages, so they are for loopback only."""
    app[SERVICES] = services
    app[JINJA] = _environment()
    app.add_routes(
        [
            web.get("/releases", _guarded(releases)),
            web.get("/releases/{release}", _guarded(release)),
            web.get("/releases/{release}/evidence/{check}/{name}", _guarded(report)),
            web.get("/deliveries", _guarded(deliveries)),
            web.post("/deliveries/{queue}/redrive", _guarded(redrive)),
            *style_routes(),
        ]
    )


async def releases(request: web.Request) -> web.Response:
    """Show the newest first. ``?commit=`` is where the hook sends the person who pushed.

    It may be the beginning of an id. A push comes within seconds: then the page looks no more.
    """
    services, commit = request.app[SERVICES], request.query.get("commit", "").strip().casefold()
    rows = await services.store.releases(limit=MOST)
    looks = request.query.get("looks", "")
    again = min(int(looks) if looks.isdecimal() and looks.isascii() else 0, LOOKS) + 1
    is_id = COMMIT.fullmatch(commit) is not None
    found = [row for row in rows if is_id and row.commit.startswith(commit)]
    if len({row.commit for row in found}) == 1:
        raise web.HTTPFound(f"/releases/{found[0].release}")
    waits = is_id and not found and again <= LOOKS
    looked = Looked(commit=commit, again=again if waits else 0, found=len(found), most=MOST)
    add = services.handle.context().sluss("add", "PATH", "--team", "TEAM")
    return _page(request, "releases.html", rows=found or rows, looked=looked, add=add)


async def release(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    try:
        content = await release_page(request.match_info["release"], services.store, services.handle)
        log = await show.log_of(
            content.release, services.store, services.evidence, services.ml_platform
        )
    except UnknownNameError as error:
        return _page(request, "missing.html", status=404, what=str(error))
    return _page(
        request,
        "release.html",
        page=content,
        log=log,
        mlflow_url=without_login(services.mlflow_url),
    )


async def report(request: web.Request) -> web.Response:
    """What a tool wrote may quote a repository: it is handed out to be saved, never shown."""
    services, asked = request.app[SERVICES], request.match_info
    try:
        data = await report_of(
            asked["release"], (asked["check"], asked["name"]), services.handle, services.evidence
        )
    except UnknownNameError as error:
        return _page(request, "missing.html", status=404, what=str(error))
    name = f"{asked['release']}.{asked['check']}.{asked['name']}"
    headers = {"Content-Disposition": f'attachment; filename="{UNSAFE.sub("_", name)}"'}
    return web.Response(body=data, content_type="application/octet-stream", headers=headers)


async def deliveries(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    waiting = {name: await queue.waiting() for name, queue in services.queues.items()}
    return _page(
        request,
        "deliveries.html",
        rows=await services.store.deliveries(limit=200),
        letters=await letters_page(await services.store.desk(), services.queues),
        waiting=waiting,
        people=services.people,
        refusals=services.refusals,
    )


async def redrive(request: web.Request) -> web.Response:
    """Who was picked is kept as unverified, as in the chat window."""
    services, form = request.app[SERVICES], await _form(request)
    by = next((each for each in services.people if each.id == form.get("by")), None)
    if by is None:
        return _page(request, "missing.html", status=400, what=NOBODY)
    letter = letter_id(request.match_info["queue"], form.get("message", ""))
    try:
        await send_again(await services.store.desk(), letter, by, services.handle)
    except UnknownNameError as error:
        return _page(request, "missing.html", status=404, what=str(error))
    except RefusedError as error:
        return _page(request, "missing.html", status=409, what=str(error))
    raise web.HTTPSeeOther("/deliveries")


async def _form(request: web.Request) -> dict[str, str]:
    """Read a form as our own page sends it; of another one nothing is found."""
    try:
        return dict(parse_qsl((await request.read()).decode("utf-8", "replace")))
    except web.RequestPayloadError:
        return {}  # it is not what its headers say


def _guarded(handler: Handler) -> Handler:
    """Only from here, under our own name (DNS rebinding), and forms from our own pages (CSRF)."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not DOOR.lets_in(request):
            raise web.HTTPForbidden(text=FOREIGN)
        response = await handler(request)
        response.headers.update(SECURITY)
        return response

    return guarded


def _page(request: web.Request, name: str, *, status: int = 200, **values: object) -> web.Response:
    template = request.app[JINJA].get_template(name)
    services = request.app[SERVICES]
    notice = services.handle.context().policy.notice
    text = template.render(path=request.path, notice=notice, **values).encode()
    body = services.secrets.mask(text)
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": count,
        "moment": show.moment,
        "number": show.number,
        "tone": show.tone,
    }
    return environment
