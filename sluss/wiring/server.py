"""The whole of Sluss in one process: web server, engine and bot, wired together once."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Final, Self

from aiohttp import web
from prometheus_client import CollectorRegistry

from adapters.teams.addresses import LocalAddresses
from adapters.teams.chat import TeamsChat, TeamsSettings, teams_app
from bot.bot import Sluss
from bot.commands import COMMANDS
from bot.deliver import Deliver
from core.conversation import APPROVALS
from core.handle import Handle
from handlers import azure_devops, mlflow
from handlers.app import ingest
from handlers.credentials import Credentials, SharedSecret
from handlers.signature import Signature
from handlers.source import Source
from sluss.home.settings import (
    HOOK_SECRET,
    HOOK_USER,
    MLFLOW_SECRET,
    MLFLOW_SECRET_BEFORE,
    Settings,
)
from sluss.wiring.engine import Engine
from sluss.wiring.lock import Role
from sluss.wiring.parts import Parts, build
from web.chat import ChatSettings, Room, Suggestion, chat_app
from web.health import add_health
from web.pages import Pages, add_pages

LARGEST_DELIVERY: Final = 3 * 1024 * 1024  # above the 2 MB that handlers/ reads: it answers itself


class Server:
    """``async with Server(settings)``: deliveries are taken as soon as it is entered.

    A gateway serves and relays; a worker works and serves nothing.
    """

    parts: Parts
    _engine: Engine

    def __init__(self, settings: Settings, role: Role = Role.ALL) -> None:
        self._settings = settings
        self._role = role
        self._undo = contextlib.AsyncExitStack()
        self._running: asyncio.Task[None] | None = None

    @property
    def mlflow_url(self) -> str:
        return self.parts.mlflow_url

    @property
    def handle(self) -> Handle:
        return self.parts.handle

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as undo:
            self.parts = await build(self._settings, self._role)
            undo.push_async_callback(self.parts.close)
            chat = _chat_settings(self._settings)
            teams = TeamsSettings(is_local=self._settings.is_local, host=self._settings.host)
            addresses = LocalAddresses(chat.service_url)
            bot = _bot(self.parts)
            if Role.GATEWAY in self._role.parts:
                app = _app(self.parts, chat)
                app.add_subapp("/api/", teams_app(bot, self.parts.directory, addresses, teams))
                await self._serve(app, undo)
            hook_url = f"{self._settings.public_url}/hooks/mlflow"
            deliver = Deliver(bot.show, TeamsChat(addresses, teams))
            self._engine = Engine(self.parts, deliver, hook_url=hook_url)
            is_worker = Role.WORKER in self._role.parts
            does = self._engine.run if is_worker else self._engine.relay
            self._running = asyncio.create_task(does())
            undo.push_async_callback(self._end_engine)
            self._undo = undo.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()

    async def until(self, done: Coroutine[Any, Any, object]) -> None:
        """Wait for ``done``, or for the engine, which ends only by a bug: that is raised."""
        assert self._running is not None
        task = asyncio.ensure_future(done)
        ended, _ = await asyncio.wait({task, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if task not in ended:
            task.cancel()
        for each in ended:
            each.result()

    async def end_mlflow(self) -> None:
        if self.parts.mlflow is not None:
            await self.parts.mlflow.stop()

    async def _serve(self, app: web.Application, undo: contextlib.AsyncExitStack) -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        undo.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, self._settings.host, self._settings.port).start()

    async def _end_engine(self) -> None:
        """What is short comes to its end; the rest is given back at once."""
        assert self._running is not None
        await self._engine.stop()
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running


def _bot(parts: Parts) -> Sluss:
    return Sluss(
        handle=parts.handle,
        store=parts.store,
        git=parts.git,
        directory=parts.directory,
        policy=parts.settings.files.policy,
        clock=parts.clock,
        page_url=parts.settings.public_url,
    )


def _app(parts: Parts, chat: ChatSettings) -> web.Application:
    """Everything here is for this machine alone, but for the hooks, which prove who sends."""
    settings, counters = parts.settings, CollectorRegistry()
    app = web.Application(client_max_size=LARGEST_DELIVERY)
    secrets = settings.secrets
    sources: dict[Source, Credentials] = {
        azure_devops.source: SharedSecret([secrets.secret(HOOK_SECRET)], user=HOOK_USER),
        mlflow.source: Signature([secrets.secret(MLFLOW_SECRET), _before(settings)]),
    }
    hooks = ingest(parts.events, parts.evidence, sources, clock=parts.clock, metrics=counters)
    app.add_subapp("/hooks/", hooks)
    app.add_subapp("/chat/", chat_app(chat))
    add_health(app, {"store": parts.store.ping, "queue": parts.events.waiting}, counters)
    add_pages(app, _pages(parts))
    app.router.add_get("/", _to_chat)
    return app


def _before(settings: Settings) -> str:
    """The secret before this one, while MLflow's signature is rotated."""
    return settings.secrets.find(MLFLOW_SECRET_BEFORE)


def _pages(parts: Parts) -> Pages:
    port = parts.settings.port
    return Pages(
        store=parts.store,
        handle=parts.handle,
        evidence=parts.evidence,
        ml_platform=parts.ml_platform,
        queues={str(lane): queue for lane, queue in parts.queues.items()},
        policy=parts.settings.files.policy,
        hosts=frozenset({f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}),
        mlflow_url=parts.mlflow_url,
    )


def _chat_settings(settings: Settings) -> ChatSettings:
    rooms = {*settings.files.platform.conversations.values(), APPROVALS}
    return ChatSettings(
        base_url=settings.public_url,
        history=settings.home / "chat.jsonl",
        people=settings.files.people,
        rooms=tuple(Room(id=room, title=room) for room in sorted(rooms)),
        suggestions=tuple(
            Suggestion(usage=command.usage, description=command.description) for command in COMMANDS
        ),
    )


async def _to_chat(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/chat")
