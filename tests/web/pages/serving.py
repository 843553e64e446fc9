"""The pages over a real store, queues and evidence in a folder, as the wiring puts them."""

from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port
from prometheus_client import CollectorRegistry, Counter

from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.people import example_people
from adapters.local_runs import LocalRuns
from adapters.sqlite_queue.queue import SqliteQueue
from core.ports import Message
from core.refusals import Refusals
from core.scrub import KnownSecrets
from tests.bot.world import World
from web.health import add_health
from web.pages import Pages, add_pages
from workers.watch.letters import LetterWatch

PEOPLE = example_people()
ICONS = Path(__file__).parents[3] / "web" / "chat" / "page"
LANES = ("events", "cards", "steps", "observe")


@asynccontextmanager
async def some_pages(folder, *, mlflow_url="", asked_from="", known=()):
    """``host`` is what the pages answer to; ``client`` asks under it, perhaps from elsewhere."""
    world, port = World(folder, is_local=True), unused_port()
    queues = {name: SqliteQueue(folder / f"{name}.db", name) for name in LANES}
    evidence = EvidenceFolder(folder / "evidence")
    runs = LocalRuns(folder, tracking_uri="", uv="uv", python="python", index_env={})
    app, counters = web.Application(middlewares=[_coming_from(asked_from)]), CollectorRegistry()
    Counter("sluss_tested", "How often this was tested.", registry=counters).inc()
    refusals = Refusals()
    services = Pages(
        store=world.store, handle=world.handle, evidence=evidence, ml_platform=runs,
        queues=queues, people=PEOPLE, mlflow_url=mlflow_url, secrets=KnownSecrets(known), refusals=refusals,
    )  # fmt: skip
    add_pages(app, services)
    app.router.add_static("/chat/page", ICONS)  # the pages have the chat's icon
    add_health(app, {"store": world.store.ping, "queue": queues["events"].waiting}, counters)
    async with TestClient(TestServer(app, port=port)) as client:
        yield SimpleNamespace(
            client=client, world=world, queues=queues, evidence=evidence, folder=folder, refusals=refusals,
            host=f"127.0.0.1:{port}", origin=f"http://127.0.0.1:{port}",
        )  # fmt: skip
    for queue in queues.values():
        await queue.close()
    await world.store.close()


def _coming_from(address):
    @web.middleware
    async def moved(request, handler):
        return await handler(request.clone(remote=address) if address else request)

    return moved


async def told(pages):
    """As a worker does now and then."""

    async def nobody(_message, _reason): ...

    await LetterWatch(pages.world.handle, pages.world.store, pages.queues, nobody).look()


async def a_dead_letter(queue, name, *, reason, body=b"{}"):
    """It was taken and could not be worked on."""
    await queue.send(Message(id=name, body=body))
    [received] = await queue.receive(1, 1.0)
    await queue.dead_letter(received, reason)
