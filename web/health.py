"""Whether the process lives, whether it can take deliveries, what troubles it, and its counters."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, Final

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from core.again import Trouble
from core.errors import SlussError
from core.refusals import Refusals
from core.scrub import scrub

ANSWER_S: Final = 1.5  # platforms give up after a second or more, and must hear who is silent
SILENT: Final = "It did not answer within {seconds} s."

BUG: Final = "It could not be asked ({kind})."

Probe = Callable[[], Coroutine[Any, Any, object]]


class Probes:
    """What must answer before we are ready; a silent one is asked once, not again and again."""

    def __init__(self, probes: Mapping[str, Probe], answer_s: float = ANSWER_S) -> None:
        self._probes = dict(probes)
        self._answer_s = answer_s
        self._asked: dict[str, asyncio.Task[object]] = {}

    async def failed(self) -> dict[str, str]:
        """Who does not answer, or says no, and why; asked all at the same time."""
        asked = {name: self._ask(name) for name in self._probes}
        await asyncio.wait(asked.values(), timeout=self._answer_s)
        said = {name: self._said(name, task) for name, task in asked.items()}
        return {name: why for name, why in said.items() if why}

    def _ask(self, name: str) -> asyncio.Task[object]:
        task = self._asked.get(name)
        if task is None or task.done():  # an answer that came too late says nothing of now
            task = self._asked[name] = asyncio.create_task(self._probes[name]())
        return task

    def _said(self, name: str, task: asyncio.Task[object]) -> str:
        if not task.done():
            return SILENT.format(seconds=self._answer_s)
        self._asked.pop(name, None)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return ""
        return (
            scrub(str(error))
            if isinstance(error, SlussError)
            else BUG.format(kind=type(error).__name__)
        )

    async def end(self) -> None:
        for asked in self._asked.values():
            asked.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """What a process says of itself: who it is, what runs beside it, and what does not work.

    Troubles do not make it unready: readiness is about what a delivery needs.
    """

    identity: str = ""
    parts: Callable[[], Mapping[str, str]] = dict
    troubles: Callable[[], Mapping[str, Trouble]] = dict
    refusals: Refusals = msgspec.field(default_factory=Refusals)


PROBES: Final = web.AppKey("probes", Probes)
COUNTERS: Final = web.AppKey("counters", CollectorRegistry)
PRESENCE: Final = web.AppKey("presence", Presence)


def add_health(
    app: web.Application,
    probes: Mapping[str, Probe],
    counters: CollectorRegistry,
    presence: Presence | None = None,
) -> None:
    """``probes``: what must answer before we are ready. Deliveries do not need MLflow."""
    app[PROBES], app[COUNTERS], app[PRESENCE] = Probes(probes), counters, presence or Presence()
    app.cleanup_ctx.append(_ended)
    app.add_routes(
        [
            web.get("/health/live", live),
            web.get("/health/ready", ready),
            web.get("/health/refused", refused),
            web.get("/metrics", metrics),
        ]
    )


async def live(_request: web.Request) -> web.Response:
    """It asks nobody: a platform restarts what does not live, and that mends no outside system."""
    return web.json_response({"live": True})


async def ready(request: web.Request) -> web.Response:
    """503 names what does not answer; a load balancer then sends deliveries elsewhere."""
    failed = await request.app[PROBES].failed()
    presence = request.app[PRESENCE]
    told = {
        "ready": not failed,
        "failed": failed,
        "troubles": msgspec.to_builtins(presence.troubles()),
        "parts": dict(presence.parts()),
        "identity": presence.identity,
    }
    return web.json_response(told, status=503 if failed else 200)


async def refused(request: web.Request) -> web.Response:
    """Who sent deliveries that we refused, and how often; for ``sluss deliveries``."""
    presence = request.app[PRESENCE]
    told = {
        "identity": presence.identity,
        "refused": msgspec.to_builtins(presence.refusals.told()),
        "others": presence.refusals.others,
    }
    return web.json_response(told)


async def metrics(request: web.Request) -> web.Response:
    body = generate_latest(request.app[COUNTERS])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _ended(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[PROBES].end()
