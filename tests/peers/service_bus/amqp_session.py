"""One AMQP session: the links of a connection's channel, their windows and their deliveries."""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from tests.peers.service_bus.codec import Described
from tests.peers.service_bus.errors import AmqpError, UnansweredError
from tests.peers.service_bus.frames import (
    Fields,
    Frame,
    Outcome,
    Performative,
    error_value,
    outcome_value,
)
from tests.peers.service_bus.links import CREDIT, Link, Node

WINDOW = 5000  # frames
FRAME_OVERHEAD_BYTES = 128  # more than the header and the fields of a transfer ever take
BATCH_FORMAT = 0x8001_3700  # Service Bus: each data section is a message of its own


class ConnectionPort(Protocol):
    """What a session needs of the connection that carries it."""

    peer_max_frame_bytes: int

    def send(self, frame: Frame) -> None: ...
    def node_for(self, link: Link) -> Node: ...


class Session:
    """The state between a begin and an end."""

    def __init__(self, connection: ConnectionPort, channel: int, begin: Fields) -> None:
        self.links: dict[int, Link] = {}
        self._connection = connection
        self._channel = channel
        self._next_incoming_id: int = begin["next_outgoing_id"]
        self._next_outgoing_id = 0
        self._incoming_window = WINDOW
        self._frames_sent = 0
        self._remote_window: int = begin["incoming_window"]
        self._backlog: deque[tuple[Fields, bytes]] = deque()
        self._unsettled: dict[int, tuple[Link, bytes]] = {}
        self._handlers: dict[Performative, Callable[[Frame], None]] = {
            Performative.ATTACH: self._on_attach,
            Performative.FLOW: self._on_flow,
            Performative.TRANSFER: self._on_transfer,
            Performative.DISPOSITION: self._on_disposition,
            Performative.DETACH: self._on_detach,
        }

    def send(self, performative: Performative, payload: bytes = b"", **fields: Any) -> None:
        self._connection.send(Frame(self._channel, performative, fields, payload))

    def send_flow(self, **fields: Any) -> None:
        self._incoming_window = WINDOW
        self.send(
            Performative.FLOW,
            next_incoming_id=self._next_incoming_id,
            incoming_window=WINDOW,
            next_outgoing_id=self._frames_sent,
            outgoing_window=WINDOW,
            **fields,
        )

    def send_begin(self) -> None:
        self.send(
            Performative.BEGIN,
            remote_channel=self._channel,
            next_outgoing_id=self._frames_sent,
            incoming_window=WINDOW,
            outgoing_window=WINDOW,
            handle_max=255,
        )

    def receive(self, frame: Frame) -> None:
        self._handlers[frame.performative](frame)

    def close(self) -> None:
        links, self.links = self.links, {}
        for link in links.values():
            link.close()

    def deliver(self, link: Link, payload: bytes, tag: bytes, *, is_settled: bool) -> None:
        """Cut a message into frames; those that the client's window has no room for wait."""
        delivery_id = self._next_outgoing_id
        self._next_outgoing_id += 1
        if not is_settled:
            self._unsettled[delivery_id] = (link, tag)
        size = self._connection.peer_max_frame_bytes - FRAME_OVERHEAD_BYTES
        for start in range(0, len(payload), size):
            fields = {
                "handle": link.handle,
                "delivery_id": delivery_id,
                "delivery_tag": tag,
                "message_format": 0,
                "settled": is_settled,
                "more": start + size < len(payload),
            }
            self._backlog.append((fields, payload[start : start + size]))
        self._send_backlog()

    def _send_backlog(self) -> None:
        while self._backlog and self._remote_window > 0:
            fields, payload = self._backlog.popleft()
            self._frames_sent += 1
            self._remote_window -= 1
            self.send(Performative.TRANSFER, payload, **fields)

    def _on_attach(self, frame: Frame) -> None:
        link = Link(self, frame.fields)
        self.links[link.handle] = link
        try:
            link.node = self._connection.node_for(link)
        except AmqpError as error:
            link.refuse(error)
        except UnansweredError:
            return
        else:
            link.accept(link.node.max_message_bytes)

    def _on_flow(self, frame: Frame) -> None:
        flow = frame.fields
        seen = flow["next_incoming_id"] or 0  # absent before the client saw our begin
        self._remote_window = seen + flow["incoming_window"] - self._frames_sent
        self._send_backlog()
        link = self.links.get(flow["handle"])
        if link is not None:
            link.on_flow(flow)

    def _on_transfer(self, frame: Frame) -> None:
        self._next_incoming_id += 1
        self._incoming_window -= 1
        link = self.links.get(frame.fields["handle"])
        if link is not None:
            self._take(link, frame)
        if self._incoming_window < WINDOW // 2:
            self.send_flow()

    def _take(self, link: Link, frame: Frame) -> None:
        message = link.on_transfer(frame.fields, frame.payload)
        if message is None:
            return
        # The SDK repeats these fields in every frame, so those of the last frame will do.
        is_batch = frame.fields["message_format"] == BATCH_FORMAT
        outcome = outcome_value(Outcome.ACCEPTED)
        try:
            link.node.on_message(message, is_batch=is_batch)
        except AmqpError as error:
            outcome = outcome_value(Outcome.REJECTED, error_value(error))
        except UnansweredError:
            return
        self._settle(frame.fields["delivery_id"], outcome, is_receiver=True)
        if outcome.descriptor == Outcome.ACCEPTED:
            link.node.on_message_settled(message)
        if link.credit < CREDIT // 2:
            link.grant()

    def _settle(self, delivery_id: int, outcome: Described, *, is_receiver: bool) -> None:
        self.send(
            Performative.DISPOSITION,
            role=is_receiver,
            first=delivery_id,
            last=delivery_id,
            settled=True,
            state=outcome,
        )

    def _on_disposition(self, frame: Frame) -> None:
        fields = frame.fields
        if not fields["role"] or fields["state"] is None:
            return  # the client as a sender: it only confirms
        first = fields["first"]
        last = first if fields["last"] is None else fields["last"]
        for delivery_id in [number for number in self._unsettled if first <= number <= last]:
            self._settle_one(delivery_id, fields)

    def _settle_one(self, delivery_id: int, fields: Fields) -> None:
        link, tag = self._unsettled.pop(delivery_id)
        try:
            link.node.on_outcome(tag, fields["state"])
        except AmqpError as error:
            outcome = outcome_value(Outcome.REJECTED, error_value(error))
        except UnansweredError:
            return
        else:
            # An echo, but bare: the SDK takes a rejection with an error inside for a refusal.
            outcome = outcome_value(Outcome(fields["state"].descriptor))
        if not fields["settled"]:
            self._settle(delivery_id, outcome, is_receiver=False)

    def _on_detach(self, frame: Frame) -> None:
        link = self.links.pop(frame.fields["handle"], None)
        if link is None:
            return  # the answer to our own detach
        link.close()
        self.send(Performative.DETACH, handle=link.handle, closed=bool(frame.fields["closed"]))
