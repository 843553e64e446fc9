"""Whether the process lives, whether it can take deliveries, and its counters."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from core.errors import UnavailableError

Probe = Callable[[], Awaitable[object]]
PROBES: Final = web.AppKey("probes", dict[str, Probe])
COUNTERS: Final = web.AppKey("counters", CollectorRegistry)


def add_health(app: web.Application, probes: dict[str, Probe], counters: CollectorRegistry) -> None:
    """``probes``: what must answer before we are ready. Deliveries do not need MLflow."""
    app[PROBES], app[COUNTERS] = probes, counters
    app.add_routes(
        [
            web.get("/health/live", live),
            web.get("/health/ready", ready),
            web.get("/metrics", metrics),
        ]
    )


async def live(_request: web.Request) -> web.Response:
    return web.json_response({"live": True})


async def ready(request: web.Request) -> web.Response:
    """503 names what does not answer; a load balancer then sends deliveries elsewhere."""
    failed = {}
    for name, probe in request.app[PROBES].items():
        try:
            await probe()
        except UnavailableError as error:
            failed[name] = str(error)
    return web.json_response({"ready": not failed, "failed": failed}, status=503 if failed else 200)


async def metrics(request: web.Request) -> web.Response:
    body = generate_latest(request.app[COUNTERS])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
