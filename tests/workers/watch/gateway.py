"""Our own gateway and consumer of deliveries on loopback; it can fail as a gateway in trouble does."""

import asyncio
from pathlib import Path
from typing import Self

from aiohttp import web
from prometheus_client import CollectorRegistry

from adapters.local_files.evidence import EvidenceFolder
from adapters.sqlite_queue.queue import SqliteQueue
from core.again import Troubles
from core.confirm import Confirm
from core.consumer import Consumer
from core.refusals import Refusals
from core.work import events_work
from handlers import azure_devops
from handlers.app import ingest
from handlers.credentials import SharedSecret
from tests.workers.watch.devops_world import DevOpsWorld

SECRET = "secret-of-the-hook"


class Gateway:
    """``fails_with`` answers so in place of taking a delivery; ``seen`` counts the deliveries."""

    def __init__(self, world: DevOpsWorld, folder: Path) -> None:
        self.fails_with = 0
        self.seen = 0
        self._queue = SqliteQueue(folder / "events.db", "events")
        hooks = ingest(
            self._queue,
            EvidenceFolder(folder / "evidence"),
            {azure_devops.source: SharedSecret([SECRET])},
            clock=world.now,
            metrics=CollectorRegistry(),
            refusals=Refusals(),
        )
        self._app = web.Application(middlewares=[self._trouble])
        self._app.add_subapp("/hooks/", hooks)
        confirm = Confirm(world.host, lambda: world.platform, Troubles())
        self._consumer = Consumer(
            self._queue, events_work(world.handle, confirm), _bury, name="events", at_once=4
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hooks/azure-devops"

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        self._working = asyncio.create_task(self._consumer.run())
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._consumer.stop(1.0)
        await self._working
        await self._runner.cleanup()
        await self._queue.close()

    @web.middleware
    async def _trouble(self, request: web.Request, handler) -> web.StreamResponse:
        self.seen += 1
        if self.fails_with:
            return web.Response(status=self.fails_with)
        return await handler(request)


async def _bury(_message, reason) -> None:
    raise AssertionError(reason)
