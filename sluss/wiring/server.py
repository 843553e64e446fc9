"""One process of Sluss: the apps that its role serves, and its engine."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.bot import Sluss
from bot.deliver import Deliver
from bot.ports import BotPorts
from core.errors import SettingsError, SlussError
from core.handle import Handle
from sluss.home.address import write_address
from sluss.home.environment import url_of
from sluss.home.running import Running, new_identity, told_running
from sluss.home.settings import Settings
from sluss.wiring.engine import Engine
from sluss.wiring.gateway import add_health_of, public_app
from sluss.wiring.lock import Role
from sluss.wiring.parts import Parts, opened
from sluss.wiring.safe import refuse_unsafe

TAKEN: Final = (
    "Port {port} of {host} is taken. Nothing was started; end what listens there, or give another "
    "with --port or SLUSS_PORT (that of health alone: SLUSS_HEALTH_PORT)."
)
NOT_HERE: Final = (
    "Nobody can listen on port {port} of {host} here ({why}). Nothing was started; give an "
    "address of this machine with --host or SLUSS_HOST, and a port that this user may have with "
    "--port or SLUSS_PORT."
)
BACKLOG: Final = 128  # as aiohttp has it
PASSING_S: Final = 0.5  # how long a passing server waits for what is under work
NOT_FOR_US: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class Server:
    """Takes deliveries as soon as ``async with Server(settings)`` is entered.

    A gateway serves and relays; a worker works, and serves only its health. A server that
    ``is_passing`` leaves no process behind, and waits for no work when it ends.
    """

    parts: Parts
    _engine: Engine

    def __init__(
        self, settings: Settings, role: Role = Role.ALL, *, is_passing: bool = False
    ) -> None:
        self._settings = settings
        self._role = role
        self._identity = new_identity()
        self._is_passing = is_passing
        self._undo = contextlib.AsyncExitStack()
        self._running: asyncio.Task[None] | None = None

    @property
    def mlflow_url(self) -> str:
        return self.parts.mlflow_url

    @property
    def handle(self) -> Handle:
        return self.parts.handle

    async def __aenter__(self) -> Self:
        refuse_unsafe(self._settings, self._role)
        async with contextlib.AsyncExitStack() as undo:
            # The ports come first: nothing has to be ended again where they are taken.
            bound = {port: _bound(self._settings.host, port, undo) for port in self._ports()}
            opening = opened(self._settings, self._role, is_passing=self._is_passing)
            self.parts = await undo.enter_async_context(opening)
            bot = _bot(self.parts)
            self._engine = Engine(self.parts, Deliver(bot.show, self.parts.chat))
            for app, port in self._sites(bot):
                await _serve(app, bound[port], undo)
            undo.enter_context(self._told())
            is_worker = Role.WORKER in self._role.parts
            does = self._engine.run if is_worker else self._engine.relay
            self._running = asyncio.create_task(_in_plain_words(does()))
            undo.push_async_callback(self._end_engine)
            self._undo = undo.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._undo.__aexit__(kind, error, trace)

    async def until(self, done: Coroutine[Any, Any, object]) -> None:
        """Wait for ``done``. If the engine ends first, which only a bug does, raise its error."""
        assert self._running is not None
        task = asyncio.ensure_future(done)
        both = {task, self._running}
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            await asyncio.wait({task})
        for each in ended:
            each.result()

    @property
    def _health_port(self) -> int:
        """Return where this role serves its health: by itself unless it shares the public port."""
        settings = self._settings
        is_shared = Role.GATEWAY in self._role.parts and not settings.is_health_apart
        return settings.port if is_shared else settings.health_port

    def _ports(self) -> set[int]:
        public = {self._settings.port} if Role.GATEWAY in self._role.parts else set[int]()
        return public | {self._health_port}

    def _sites(self, bot: Sluss) -> Iterator[tuple[web.Application, int]]:
        """Yield each app and its port; health stays off the public port where the two differ."""
        counters, settings = self.parts.metrics, self._settings
        health = web.Application()
        if Role.GATEWAY in self._role.parts:
            public = public_app(self.parts, bot, counters)
            if settings.port == self._health_port:
                health = public
            else:
                yield public, settings.port
        add_health_of(health, self.parts, counters, self._role, self._identity)
        yield health, self._health_port

    def _told(self) -> contextlib.AbstractContextManager[None]:
        """Say in the home where we serve: to its hooks, and to who asks for its status."""
        settings, role = self._settings, self._role
        if Role.GATEWAY in role.parts:
            write_address(settings.home, settings.public_url)
        health = url_of(settings.host, self._health_port)
        running = Running(identity=self._identity, health=health)
        return told_running(settings.home, role.parts, running)

    async def _end_engine(self) -> None:
        """End the engine: short work is finished, the rest is given back at once."""
        assert self._running is not None
        if self.parts.one_machine is not None and self.parts.one_machine.hurry is not None:
            self.parts.one_machine.hurry()
        await self._engine.stop(*([PASSING_S] if self._is_passing else []))
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running


def _bound(host: str, port: int, undo: contextlib.AsyncExitStack) -> list[socket.socket]:
    """Listen on a port. Raise SettingsError where that is not possible; callers wait meanwhile."""
    try:
        return _listening(host, port, undo)
    except socket.gaierror as error:
        wrong, why = NOT_HERE, error.strerror
    except OSError as error:
        wrong = TAKEN if error.errno == errno.EADDRINUSE else NOT_HERE
        why = os.strerror(error.errno or 0)
    raise SettingsError(wrong.format(port=port, host=host, why=why))


def _listening(host: str, port: int, undo: contextlib.AsyncExitStack) -> list[socket.socket]:
    """Listen on every address of the host; ``localhost`` may have one that is not in use here."""
    found: list[socket.socket] = []
    missing: OSError | None = None
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, *_, address in dict.fromkeys(places):
        try:
            taken = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno not in NOT_FOR_US:
                raise
            missing = error
        else:
            found.append(undo.enter_context(taken))
    if missing is not None and not found:
        raise missing
    return found


async def _serve(
    app: web.Application, bound: list[socket.socket], undo: contextlib.AsyncExitStack
) -> None:
    runner = web.AppRunner(app, access_log=None, logger=http_log())
    await runner.setup()
    undo.push_async_callback(runner.cleanup)
    for taken in bound:
        await web.SockSite(runner, taken).start()


def http_log() -> logging.Logger:
    """Return where the web server logs: of a request that is no HTTP it would quote the bytes."""
    found = logging.getLogger("sluss.http")
    found.addFilter(_unquoted)
    return found


def _unquoted(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg = f"{record.msg}: it is no HTTP ({type(error).__name__})"
        record.exc_info = None
    return True


async def _in_plain_words(work: Coroutine[Any, Any, None]) -> None:
    """Run the engine, and raise an error of ours as itself.

    Tasks that run together fail as an ExceptionGroup, from which our error is taken.
    """
    try:
        await work
    except ExceptionGroup as group:
        ours, others = group.split(SlussError)
        if ours is None or others is not None:
            raise
        raise _first(ours) from None


def _first(error: Exception) -> Exception:
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def _bot(parts: Parts) -> Sluss:
    ports = BotPorts(
        handle=parts.handle,
        store=parts.store,
        git=parts.host.git,
        directory=parts.directory,
        page_url=parts.settings.page_url,
    )
    return Sluss(ports)
