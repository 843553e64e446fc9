"""The receiver of deliveries on a real port, with its real queue and evidence."""

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from adapters.job_tokens.sealed import SealedJobTokens, fernet
from adapters.local_files.evidence import EvidenceFolder
from adapters.sql_store import SqlSettings, SqlStore
from adapters.sqlite_queue.queue import SqliteQueue
from core.events.base import Event
from core.events.codec import decode_batch
from core.ports import Evidence, JobTokens, Message
from core.refusals import Refusals
from handlers import azure_devops, azure_pipelines_check, mlflow
from handlers.app import ingest
from handlers.credentials import SharedSecret
from handlers.signature import Signature
from tests.handlers.recorded import NOW, SECRET

AZURE_DEVOPS = "/hooks/azure-devops"
MLFLOW = "/hooks/mlflow"
CHECK = "/hooks/azure-pipelines-check"
ORGANISATION = "https://dev.azure.com/bank"
KEY = "k" * 42 + "0"


class Hooks:
    def __init__(
        self,
        client: TestClient,
        queue: SqliteQueue,
        metrics: CollectorRegistry,
        refusals: Refusals,
        tokens: JobTokens,
    ) -> None:
        self.client = client
        self.tokens = tokens
        self.refusals = refusals
        self.queue = queue
        self.metrics = metrics

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> ClientResponse:
        async with self.client.post(path, data=BytesIO(body), headers=headers) as answer:
            await answer.read()
        return answer

    async def messages(self) -> list[Message]:
        """Every message that waits; each is settled."""
        received = await self.queue.receive(10_000, 0.0)
        await asyncio.gather(*map(self.queue.complete, received))
        return [each.message for each in received]

    async def events(self) -> list[Event]:
        return [event for each in await self.messages() for event in decode_batch(each.body)]

    def count(self, source: str, outcome: str) -> float:
        labels = {"source": source, "outcome": outcome}
        return self.metrics.get_sample_value("sluss_deliveries_total", labels) or 0.0

    def count_of_events(self, source: str, event: str) -> float:
        labels = {"source": source, "event": event}
        return self.metrics.get_sample_value("sluss_delivery_events_total", labels) or 0.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened_hooks(folder: Path, clock: Clock, evidence: Evidence | None = None):
    metrics, refusals = CollectorRegistry(), Refusals()
    queue = SqliteQueue(folder / "events.db", "events", busy_s=0.05)
    store = SqlStore(SqlSettings(url=f"sqlite:///{folder / 'store.db'}"))
    tokens = SealedJobTokens(store, [fernet("check_key", KEY)])
    hooks = ingest(
        queue,
        evidence or EvidenceFolder(folder / "evidence"),
        {
            azure_devops.source: SharedSecret(["the-next-secret", SECRET]),
            azure_pipelines_check.source_of(ORGANISATION): SharedSecret(["the-next", SECRET]),
            mlflow.source: Signature(["the-next-secret", SECRET]),
        },
        clock=clock,
        metrics=metrics,
        refusals=refusals,
        tokens=tokens,
    )
    app = web.Application()
    app.add_subapp("/hooks/", hooks)
    try:
        async with TestClient(TestServer(app)) as client:
            yield Hooks(client, queue, metrics, refusals, tokens)
    finally:
        await queue.close()
        await store.close()
