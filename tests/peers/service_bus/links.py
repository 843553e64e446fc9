"""One link: its credit, its transfers in both directions, and the node it is attached to."""

from typing import Any, Protocol

from tests.peers.service_bus.codec import Described, ULong
from tests.peers.service_bus.errors import AmqpError
from tests.peers.service_bus.frames import (
    SOURCE,
    TARGET,
    Fields,
    Performative,
    error_value,
)

CREDIT = 1000


class Node:
    """What a link is attached to; a node overrides the moments it cares for."""

    max_message_bytes = 262_144

    def on_attach(self) -> None:
        """Begin, now that the client was told that it is attached."""

    def on_message(self, payload: bytes, *, is_batch: bool) -> None:
        """Take a message of the client, or refuse it."""

    def on_message_settled(self, payload: bytes) -> None:
        """Follow up on a message, now that the client knows it was taken."""

    def on_credit(self) -> None:
        """Send what is waiting, now that the client gave credit."""

    def on_outcome(self, tag: bytes, outcome: Described) -> None:
        """Settle a delivery the way the client says."""

    def on_detach(self) -> None:
        """Forget the link; called once for each that was attached."""


class SessionPort(Protocol):
    """What a link needs of the session that carries it."""

    links: dict[int, "Link"]

    def send(self, performative: Performative, payload: bytes = b"", **fields: Any) -> None: ...
    def send_flow(self, **fields: Any) -> None: ...
    def deliver(self, link: "Link", payload: bytes, tag: bytes, *, is_settled: bool) -> None: ...


class Link:
    """A one-way path of messages; ``is_receiving`` says that the client is the one who receives."""

    def __init__(self, session: SessionPort, attach: Fields) -> None:
        self.session = session
        self.name: str = attach["name"]
        self.handle: int = attach["handle"]
        self.is_receiving: bool = attach["role"]
        self.is_open = False
        self.credit = 0
        self.delivery_count = 0
        self.node = Node()
        self.attach = attach
        self._partial = bytearray()

    @property
    def address(self) -> str:
        terminus = self.attach["source" if self.is_receiving else "target"]
        return str(terminus.value[0] or "") if terminus is not None else ""

    def accept(self, max_message_bytes: int) -> None:
        self.is_open = True
        self._answer_attach(
            source=_terminus(SOURCE, self.attach["source"]),
            target=_terminus(TARGET, self.attach["target"]),
            max_message_size=max_message_bytes,
        )
        if not self.is_receiving:
            self.grant()
        self.node.on_attach()

    def refuse(self, error: AmqpError) -> None:
        """Attach without source and target, then detach: the way AMQP says no."""
        self._answer_attach()
        self.detach(error)

    def _answer_attach(self, **fields: Any) -> None:
        self.session.send(
            Performative.ATTACH,
            name=self.name,
            handle=self.handle,
            role=not self.is_receiving,
            snd_settle_mode=self.attach["snd_settle_mode"],
            rcv_settle_mode=self.attach["rcv_settle_mode"],
            initial_delivery_count=0 if self.is_receiving else None,
            **fields,
        )

    def detach(self, error: AmqpError) -> None:
        self.session.links.pop(self.handle, None)
        self.session.send(
            Performative.DETACH, handle=self.handle, closed=True, error=error_value(error)
        )
        self.close()

    def close(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self.node.on_detach()

    def grant(self) -> None:
        """Let the client send more."""
        self.credit = CREDIT
        self._send_flow()

    def _send_flow(self, **fields: Any) -> None:
        self.session.send_flow(
            handle=self.handle,
            delivery_count=self.delivery_count,
            link_credit=self.credit,
            **fields,
        )

    def on_flow(self, flow: Fields) -> None:
        """Take the client's credit; a drain uses it up at once, with messages or without."""
        if not self.is_receiving:
            return
        # A client that has not seen the answer to its attach does not know the count yet.
        seen = flow["delivery_count"] or 0
        self.credit = max(0, seen + (flow["link_credit"] or 0) - self.delivery_count)
        self.node.on_credit()
        if flow["drain"] and self.credit > 0:
            self.delivery_count += self.credit
            self.credit = 0
        if flow["drain"] or flow["echo"]:
            self._send_flow(drain=bool(flow["drain"]))

    def on_transfer(self, transfer: Fields, payload: bytes) -> bytes | None:
        """Collect the frames of a message; None until it is whole."""
        self._partial += payload
        if transfer["more"] and not transfer["aborted"]:
            return None
        message = bytes(self._partial)
        self._partial.clear()
        if transfer["aborted"]:
            return None
        self.delivery_count += 1
        self.credit -= 1
        return message

    def has_room(self) -> bool:
        return self.is_open and self.credit > 0

    def deliver(self, payload: bytes, tag: bytes, *, is_settled: bool = False) -> None:
        self.delivery_count += 1
        self.credit -= 1
        self.session.deliver(self, payload, tag, is_settled=is_settled)


def _terminus(code: int, given: Described | None) -> Described:
    return given if given is not None else Described(ULong(code), [])
