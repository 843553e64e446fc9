"""Whether the process lives, whether it can take deliveries, and its counters."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from core.errors import UnavailableError
from core.scrub import scrub

ANSWER_S: Final = 1.5  # platforms give up after a second or more, and must hear who is silent
SILENT: Final = "It did not answer within {seconds} s."

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
        try:
            task.result()
        except UnavailableError as error:
            return scrub(str(error))
        return ""

    async def end(self) -> None:
        for asked in self._asked.values():
            asked.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)


PROBES: Final = web.AppKey("probes", Probes)
COUNTERS: Final = web.AppKey("counters", CollectorRegistry)


def add_health(
    app: web.Application, probes: Mapping[str, Probe], counters: CollectorRegistry
) -> None:
    """``probes``: what must answer before we are ready. Deliveries do not need MLflow."""
    app[PROBES], app[COUNTERS] = Probes(probes), counters
    app.cleanup_ctx.append(_ended)
    app.add_routes(
        [
            web.get("/health/live", live),
            web.get("/health/ready", ready),
            web.get("/metrics", metrics),
        ]
    )


async def live(_request: web.Request) -> web.Response:
    """It asks nobody: a platform restarts what does not live, and that mends no outside system."""
    return web.json_response({"live": True})


async def ready(request: web.Request) -> web.Response:
    """503 names what does not answer; a load balancer then sends deliveries elsewhere."""
    failed = await request.app[PROBES].failed()
    return web.json_response({"ready": not failed, "failed": failed}, status=503 if failed else 200)


async def metrics(request: web.Request) -> web.Response:
    body = generate_latest(request.app[COUNTERS])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _ended(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[PROBES].end()
