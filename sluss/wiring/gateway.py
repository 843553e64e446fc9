"""Builds what a gateway serves: webhooks and the bot's endpoint; locally chat and pages, too."""

from functools import partial
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry

from adapters.teams.chat import teams_app
from bot.bot import Sluss
from core.again import Trouble
from core.errors import SettingsError
from handlers import azure_devops, azure_pipelines_check, mlflow
from handlers.app import ingest
from handlers.credentials import Credentials, SharedSecret
from handlers.signature import Signature
from handlers.source import Source
from sluss.home.chat_token import fresh_chat_token
from sluss.home.settings import (
    CHECK_SECRET,
    CHECK_SECRET_BEFORE,
    HOOK_SECRET,
    HOOK_SECRET_BEFORE,
    HOOK_USER,
    MLFLOW_SECRET,
    MLFLOW_SECRET_BEFORE,
    Settings,
)
from sluss.home.this_program import this_program
from sluss.wiring.chat_window import chat_settings
from sluss.wiring.lock import PARTS, Role, is_held
from sluss.wiring.masked import MaskedBot
from sluss.wiring.parts import Parts
from sluss.wiring.teams import addresses, teams_settings
from web.chat import Roles, chat_app
from web.health import Presence, Probe, add_health
from web.pages import Pages, add_pages
from web.start_token import StartToken

# This is more than the 2 MB that handlers/ accepts, so that it can answer itself.
LARGEST_DELIVERY: Final = 3 * 1024 * 1024

RUNS, MISSING, UNKNOWN = "runs", "missing", "not known"
NO_PART: Final = {
    Role.WORKER: (
        "No worker runs on this home: what comes in is kept and waits. Start one with "
        "`sluss up worker`."
    ),
    Role.GATEWAY: (
        "No gateway runs on this home: no delivery and no click comes in. Start one with "
        "`sluss up gateway`."
    ),
}


def public_app(parts: Parts, bot: Sluss, counters: CollectorRegistry) -> web.Application:
    """Build the public app.

    Every sender proves who it is, except in a local start, which only this machine can reach.
    """
    settings = parts.settings
    token = fresh_chat_token(settings.home) if settings.is_local else ""
    guards = [StartToken(token, settings.port).guard()] if settings.is_local else []
    app = web.Application(client_max_size=LARGEST_DELIVERY, middlewares=guards)
    sources = _sources(settings)
    hooks = ingest(
        parts.events,
        parts.evidence,
        sources,
        clock=parts.clock,
        metrics=counters,
        refusals=parts.refusals,
        tokens=parts.job_tokens,
    )
    app.add_subapp("/hooks/", hooks)
    book = addresses(settings, parts.conversations, parts.handle)
    shown = MaskedBot(bot, parts.known_secrets)
    teams = teams_app(shown, parts.directory, book, teams_settings(settings))
    app.add_subapp("/api/", teams)
    if settings.is_local:
        _add_windows(app, parts, token)
    return app


def add_health_of(
    app: web.Application, parts: Parts, counters: CollectorRegistry, role: Role, identity: str
) -> None:
    """Add health; looking for dead letters is the cheapest question that every queue answers."""
    probes: dict[str, Probe] = {
        "store": parts.store.ping,
        "queue": partial(parts.events.dead_letters, 1),
    }
    presence = Presence(
        identity=identity,
        parts=partial(_parts_of, parts.settings, role),
        troubles=partial(_troubles, parts, role),
        refusals=parts.refusals,
    )
    add_health(app, probes, counters, presence)


def _parts_of(settings: Settings, role: Role) -> dict[str, str]:
    """Say of gateway and worker whether they run; those of other machines leave no sign here."""

    def told(part: Role) -> str:
        if part in role.parts:
            return RUNS
        if not settings.is_on_one_machine:
            return UNKNOWN
        return RUNS if is_held(settings.home, part) else MISSING

    return {str(part): told(part) for part in PARTS}


def _troubles(parts: Parts, role: Role) -> dict[str, Trouble]:
    for part, told in _parts_of(parts.settings, role).items():
        if told == MISSING:
            says = this_program(parts.settings.home).in_text(NO_PART[Role(part)])
            parts.troubles.begin(part, SettingsError(says))
        else:
            parts.troubles.end(part)
    return parts.troubles.open


def _sources(settings: Settings) -> dict[Source, Credentials]:
    """Return the credentials of each source; the secret before counts while one is rotated."""
    secrets = settings.secrets
    known_to_hooks = [secrets.secret(HOOK_SECRET), secrets.find(HOOK_SECRET_BEFORE)]
    asked_with = [secrets.secret(CHECK_SECRET), secrets.find(CHECK_SECRET_BEFORE)]
    signed_with = [secrets.secret(MLFLOW_SECRET), secrets.find(MLFLOW_SECRET_BEFORE)]
    return {
        azure_devops.source: SharedSecret(known_to_hooks, user=HOOK_USER),
        azure_pipelines_check.source_of(settings.azure_devops): SharedSecret(
            asked_with, user=HOOK_USER
        ),
        mlflow.source: Signature(signed_with),
    }


def _add_windows(app: web.Application, parts: Parts, token: str) -> None:
    """Add chat and pages to a local start: nobody signs in, but who acts has the start's token."""
    shown = chat_settings(parts.settings, token)
    app.add_subapp("/chat/", chat_app(shown, Roles(parts.handle)))
    add_pages(app, _pages(parts))
    app.router.add_get("/", _to_chat)


def _pages(parts: Parts) -> Pages:
    return Pages(
        store=parts.store,
        handle=parts.handle,
        evidence=parts.evidence,
        ml_platform=parts.ml_platform,
        queues={str(lane): queue for lane, queue in parts.queues.items()},
        people=parts.settings.files.people,
        mlflow_url=parts.mlflow_url,
        secrets=parts.known_secrets,
        refusals=parts.refusals,
    )


async def _to_chat(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/chat")
