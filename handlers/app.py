"""The addresses that deliveries come to: authenticate, store durably, and only then say 202.

The answers keep a sender's subscription alive. Azure DevOps puts it on probation, and loses what
happens then, after one 404, 410, 413 or 500; MLflow gives up at once. So what cannot be read is
kept and answered 202, and what cannot be stored 503: both senders try that again.
"""

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram

from core.errors import RejectedDeliveryError, UnauthenticatedError, UnavailableError
from core.ports import Evidence, JobTokens, Queue
from core.refusals import Refusals
from handlers.body import RawBody, read_body
from handlers.credentials import Credentials
from handlers.inbox import Inbox
from handlers.source import Delivered, Source

log = logging.getLogger(__name__)

ACK_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

# Short, so that MLflow's retries, which keep their timestamp, stay within the signature's window.
RETRY_AFTER: Final = {"Retry-After": "2"}

LATER: Final = "The delivery could not be stored. Nothing was kept; send it again.\n"
REFUSED: Final = (
    "The credentials are wrong or missing. Nothing was kept; mend them, send it again.\n"
)


class DeliveryOutcome(StrEnum):
    """How a delivery was answered, and why."""

    ACCEPTED = "accepted"
    UNKNOWN_TYPE = "unknown_type"  # accepted too: it makes the event DeliveryIgnored
    REJECTED = "rejected"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"


class Counters:
    """The counters of all sources; labels never hold what a sender may choose."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "sluss_deliveries",
            "Deliveries by source and outcome.",
            ("source", "outcome"),
            registry=registry,
        )
        self.events = Counter(
            "sluss_delivery_events",
            "Events that deliveries brought.",
            ("source", "event"),
            registry=registry,
        )
        self.ack_seconds = Histogram(
            "sluss_delivery_ack_seconds",
            "From a delivery's headers to its answer.",
            ("source",),
            registry=registry,
            buckets=ACK_SECONDS,
        )


class SourceCounters:
    """The counters of one source; all outcomes are there at the start: rates see the first."""

    def __init__(self, counters: Counters, source: str) -> None:
        self._events = counters.events
        self._source = source
        self._outcomes = {
            outcome: counters.deliveries.labels(source, outcome) for outcome in DeliveryOutcome
        }
        self._ack_seconds = counters.ack_seconds.labels(source)

    def answered(self, outcome: DeliveryOutcome, seconds: float) -> None:
        self._outcomes[outcome].inc()
        self._ack_seconds.observe(seconds)

    def stored(self, delivered: Delivered) -> None:
        for event in delivered.events:
            self._events.labels(self._source, type(event).__name__).inc()


def ingest(
    queue: Queue,
    evidence: Evidence,
    sources: Mapping[Source, Credentials],
    *,
    clock: Callable[[], datetime],
    metrics: CollectorRegistry,
    refusals: Refusals | None = None,
    tokens: JobTokens | None = None,
) -> web.Application:
    """Take ``POST /<source>`` for each; the wiring mounts the application at /hooks."""
    noted = refusals or Refusals()
    app = web.Application()
    counters = Counters(metrics)
    for source, credentials in sources.items():
        if source.holds_token and tokens is None:
            raise ValueError("there is no place for the tokens of " + source.name)
        door = SourceDoor(
            source,
            credentials,
            inbox=Inbox(queue, evidence, source.name, tokens),
            clock=clock,
            counters=SourceCounters(counters, source.name),
            refusals=noted,
        )
        app.router.add_post(f"/{source.name}", door.answer)
        app.router.add_post(f"/{source.name}/", door.answer)  # an easy slip, and no reason for 404
    return app


class SourceDoor:
    """The door where the deliveries of one source come in."""

    def __init__(
        self,
        source: Source,
        credentials: Credentials,
        *,
        inbox: Inbox,
        clock: Callable[[], datetime],
        counters: SourceCounters,
        refusals: Refusals,
    ) -> None:
        self._source = source
        self._credentials = credentials
        self._inbox = inbox
        self._clock = clock
        self._counters = counters
        self._refusals = refusals

    async def answer(self, request: web.Request) -> web.Response:
        start = time.perf_counter()
        outcome, text = await self._outcome(request)
        self._counters.answered(outcome, time.perf_counter() - start)
        if outcome is DeliveryOutcome.UNAUTHENTICATED:
            return web.Response(status=HTTPStatus.UNAUTHORIZED, text=text)
        if outcome is DeliveryOutcome.UNAVAILABLE:
            return web.Response(
                status=HTTPStatus.SERVICE_UNAVAILABLE, text=text, headers=RETRY_AFTER
            )
        return web.Response(status=HTTPStatus.ACCEPTED, text=text)

    async def _outcome(self, request: web.Request) -> tuple[DeliveryOutcome, str]:
        """Return what became of a delivery, and what its sender is told of it."""
        extra = {"source": self._source.name}
        try:
            return await self._take(request)
        except UnauthenticatedError as error:
            self._note_refusal(request, error)
            return DeliveryOutcome.UNAUTHENTICATED, REFUSED
        except UnavailableError as error:
            log.warning("%s", error, extra=extra | {"action": "delivery_unavailable"})
        except Exception as error:  # noqa: BLE001 - as 500 a bug would end the subscription
            self._log_bug(error)
        return DeliveryOutcome.UNAVAILABLE, LATER

    def _note_refusal(self, request: web.Request, error: UnauthenticatedError) -> None:
        address = request.remote or "an unknown address"
        refused = self._refusals.note(self._source.name, address, self._clock())
        if refused is None:
            return
        extra = {"action": "delivery_unauthenticated", "source": self._source.name}
        more = {"address": refused.address, "count": refused.count}
        words = ("%s From %s, for the %d. time.", error, refused.address, refused.count)
        log.warning(*words, extra=extra | more)

    def _log_bug(self, error: Exception) -> None:
        """The log names the place alone: a message may quote the payload. Senders try again."""
        at = traceback.extract_tb(error.__traceback__)[-1]
        extra = {"action": "delivery_failed", "source": self._source.name}
        log.error("%s at %s:%s", type(error).__name__, at.filename, at.lineno, extra=extra)

    async def _take(self, request: web.Request) -> tuple[DeliveryOutcome, str]:
        now = self._clock()
        self._credentials.check_headers(request.headers, now)
        body = await read_body(request)
        if body.flaw and self._credentials.signs_body:
            return self._rejected(await self._inbox.reject_unproved(body, now), body.flaw)
        self._credentials.check_body(request.headers, body.data)
        if body.flaw:
            return await self._reject(request, body, body.flaw, now)
        try:
            delivered = self._source.read(request.headers, body.data, now)
        except RejectedDeliveryError as error:
            return await self._reject(request, body, str(error), now)
        await self._inbox.store(delivered)
        self._counters.stored(delivered)
        is_unknown = delivered.is_unknown
        return DeliveryOutcome.UNKNOWN_TYPE if is_unknown else DeliveryOutcome.ACCEPTED, ""

    async def _reject(
        self, request: web.Request, body: RawBody, reason: str, now: datetime
    ) -> tuple[DeliveryOutcome, str]:
        if self._source.holds_token:
            return self._rejected(await self._inbox.reject_unkept(body, reason, now), reason)
        return self._rejected(await self._inbox.reject(body, request.headers, reason, now), reason)

    def _rejected(self, delivered: Delivered, reason: str) -> tuple[DeliveryOutcome, str]:
        """The reason names the place in the payload, never its value."""
        self._counters.stored(delivered)
        extra = {"action": "delivery_rejected", "source": self._source.name}
        log.warning("delivery %s was rejected", delivered.delivery, extra=extra)
        return DeliveryOutcome.REJECTED, f"{reason}\n"
