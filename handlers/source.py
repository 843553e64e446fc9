"""A source of deliveries turns headers and bytes into events, without any I/O of its own."""

import codecs
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from core.errors import RejectedDeliveryError
from core.events.base import Event
from core.events.outside import DeliveryIgnored
from core.ports import JobToken

Headers = Mapping[str, str]  # names compare without case, as in aiohttp's headers
Body = TypeVar("Body")

UNKNOWN_TYPE: Final = "nothing here reads this type of event"
NOTHING_IN_IT: Final = "it says that nothing moved"
UNREADABLE: Final = "The delivery cannot be read: {why}. It is kept and changes nothing."
TOO_DEEP: Final = "it is nested too deeply"

# msgspec does not look at the bytes of a text that it skips, only at those that it decodes.
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What is read first: the type, and the id that stays the same when it is delivered again."""

    type: str
    delivery: str


class Delivery(msgspec.Struct, Generic[Body], frozen=True, kw_only=True):
    """One delivery, decoded. ``id`` is unique within its source."""

    id: str
    source: str
    type: str
    received: datetime
    body: Body


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery brought: at least one event. ``is_unknown``: nobody reads its type.

    ``body`` is the fingerprint of its bytes: under the id of a delivery anybody may send others.
    """

    delivery: str
    body: str
    events: tuple[Event, ...]
    is_unknown: bool = False
    token: JobToken | None = None


Handler = Callable[[Delivery[Body]], Iterable[Event]]
Open = Callable[[Headers, bytes, datetime], Envelope]
_Read = Callable[[Envelope, bytes, datetime], Iterable[Event]]


class Source:
    """Handlers register with ``on``; a type that ends in ``*`` stands for all that begin so.

    ``holds_token``: headers and body open something, so that nothing is kept of what is rejected.
    """

    holds_token = False

    def __init__(self, name: str, envelope: Open) -> None:
        self.name = name
        self._envelope = envelope
        self._exact: dict[str, _Read] = {}
        self._families: dict[str, _Read] = {}

    def on(self, type: str, body: type[Body]) -> Callable[[Handler[Body]], Handler[Body]]:  # noqa: A002
        """Hand deliveries of this type, decoded as ``body``, to the decorated function."""
        decoder = msgspec.json.Decoder(body)

        def register(handler: Handler[Body]) -> Handler[Body]:
            def read(envelope: Envelope, raw: bytes, now: datetime) -> Iterable[Event]:
                return handler(
                    Delivery(
                        id=envelope.delivery,
                        source=self.name,
                        type=envelope.type,
                        received=now,
                        body=decoder.decode(raw),
                    )
                )

            routes = self._families if type.endswith("*") else self._exact
            routes[type.removesuffix("*")] = read
            return handler

        return register

    def reads(self, type: str) -> bool:  # noqa: A002
        """Tell whether anybody here reads deliveries of this type."""
        return self._route(type) is not None

    def read(self, headers: Headers, raw: bytes, now: datetime) -> Delivered:
        """Raise RejectedDeliveryError, which never quotes the payload, for what cannot be read."""
        raw = raw.removeprefix(codecs.BOM_UTF8)  # some senders and relays begin a text with it
        try:
            envelope = self._envelope(headers, raw, now)
            route = self._route(envelope.type)
            events = tuple(route(envelope, raw, now)) if route else ()
        except _DECODE_ERRORS as error:
            raise RejectedDeliveryError(UNREADABLE.format(why=_why(error))) from None
        except RecursionError:
            raise RejectedDeliveryError(UNREADABLE.format(why=TOO_DEEP)) from None
        if not events:
            events = (self._ignored(envelope, now, is_known=route is not None),)
        return Delivered(
            delivery=envelope.delivery,
            body=fingerprint(raw),
            events=tuple(self._stamped(event, envelope) for event in events),
            is_unknown=route is None,
        )

    def _route(self, kind: str) -> _Read | None:
        family = (read for start, read in self._families.items() if kind.startswith(start))
        return self._exact.get(kind) or next(family, None)

    def _ignored(self, envelope: Envelope, now: datetime, *, is_known: bool) -> DeliveryIgnored:
        return DeliveryIgnored(
            id=f"{self.name}/{envelope.delivery}",
            time=now,
            what=envelope.type,
            reason=NOTHING_IN_IT if is_known else UNKNOWN_TYPE,
        )

    def _stamped(self, event: Event, envelope: Envelope) -> Event:
        stamp: dict[str, Any] = {"source": self.name, "delivery": envelope.delivery}
        return msgspec.structs.replace(event, **stamp)


def fingerprint(raw: bytes) -> str:
    """What tells bytes from others; the id of a delivery that brings none."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _why(error: Exception) -> str:
    """Msgspec names the place and the type, never the value."""
    return str(error) if isinstance(error, msgspec.MsgspecError) else "a text is not UTF-8"
