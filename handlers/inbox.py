"""Keep a delivery until it is handled: its events in the queue, unreadable bytes as evidence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from core.events.base import Event
from core.events.codec import encode_batch
from core.events.outside import DeliveryRejected
from core.ports import Evidence, JobTokens, Message, Queue
from core.words import DIGEST, message_id
from handlers.body import RawBody
from handlers.source import Delivered, Headers, fingerprint

# Known ones, not all but the credentials: a subscription may send its secret under any name.
HARMLESS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "expect",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-mlflow-delivery-id",
        "x-mlflow-timestamp",
    }
)
MOST: Final = 50
LONGEST: Final = 200

NOT_KEPT: Final = "(not kept)"
LARGEST_PART: Final = 200 * 1024  # a message takes 256 KB, with its properties


def kept_headers(headers: Headers) -> dict[str, str]:
    """What an event keeps is short, and text: aiohttp leaves other bytes as lone surrogates."""
    return {
        _text(name): _text(value) if name.casefold() in HARMLESS else NOT_KEPT
        for name, value in list(headers.items())[:MOST]
    }


def _text(value: str) -> str:
    return value[:LONGEST].encode(errors="backslashreplace").decode()


class Inbox:
    """The inbox of one source. A delivery always gives the same ids: the queue takes it once.

    Bytes that differ are another one: somebody may have guessed the number of the next delivery.
    """

    def __init__(
        self, queue: Queue, evidence: Evidence, source: str, tokens: JobTokens | None = None
    ) -> None:
        self._queue = queue
        self._evidence = evidence
        self._source = source
        self._tokens = tokens

    async def store(self, delivered: Delivered) -> None:
        """A delivery is sent as one message; only one with very many events is cut.

        Its token is kept first: whoever reads the message looks for it.
        """
        if delivered.token is not None and self._tokens is not None:
            await self._tokens.keep(delivered.token)
        name = f"{self._source}/{delivered.delivery}"
        digest = delivered.body.rpartition(":")[2][:DIGEST]
        await self._queue.send(
            *(
                Message(id=message_id(name, f"~{digest}~{number}"), body=part)
                for number, part in enumerate(_parts(delivered.events))
            )
        )

    async def reject(
        self, body: RawBody, headers: Headers, reason: str, now: datetime
    ) -> Delivered:
        """Keep the bytes, then say in an event what is wrong with them."""
        return await self._reject(
            fingerprint(body.data),
            now,
            reason=reason,
            body=await self._evidence.keep(body.data),
            size=body.size,
            headers=kept_headers(headers),
        )

    async def reject_unproved(self, body: RawBody, now: datetime) -> Delivered:
        """Tell of such bodies once an hour: a part of one proves no sender, and may be a flood."""
        delivery = f"unproved/{now:%Y-%m-%dT%H}"
        return await self._reject(delivery, now, reason=body.flaw, size=body.size)

    async def reject_unkept(self, body: RawBody, reason: str, now: datetime) -> Delivered:
        """Say what is wrong with a delivery of which nothing may be kept, as a token is in it."""
        delivery = f"rejected/{now:%Y-%m-%dT%H:%M:%S}"
        return await self._reject(delivery, now, reason=reason, size=body.size)

    async def _reject(self, delivery: str, now: datetime, **fields: Any) -> Delivered:
        """What tells one from another is its id already."""
        event = DeliveryRejected(
            id=f"{self._source}/{delivery}",
            time=now,
            source=self._source,
            delivery=delivery,
            **fields,
        )
        rejected = Delivered(
            delivery=delivery, body=fingerprint(delivery.encode()), events=(event,)
        )
        await self.store(rejected)
        return rejected


def _parts(events: Sequence[Event]) -> list[bytes]:
    whole = encode_batch(events)
    if len(whole) <= LARGEST_PART or len(events) == 1:
        return [whole]
    middle = len(events) // 2
    return _parts(events[:middle]) + _parts(events[middle:])
