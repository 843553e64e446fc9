"""What a client's link to a queue is attached to: the queue's entrance or its exit."""

from collections.abc import Callable
from uuid import UUID

from tests.peers.service_bus.codec import Described
from tests.peers.service_bus.errors import NOT_IMPLEMENTED, AmqpError, Faults
from tests.peers.service_bus.frames import Outcome
from tests.peers.service_bus.links import Link, Node
from tests.peers.service_bus.message import Message
from tests.peers.service_bus.queue import Queue
from tests.peers.service_bus.sections import split

SETTLED_BY_SENDER = 1  # the settle mode of "receive and delete"


class QueueEntrance(Node):
    """A sender's link: messages go into the queue."""

    def __init__(self, queue: Queue, faults: Faults) -> None:
        self.max_message_bytes = queue.options.max_message_bytes
        self._queue = queue
        self._faults = faults

    def on_message(self, payload: bytes, *, is_batch: bool) -> None:
        with self._faults.injected("send"):
            self._queue.check_size(payload)
            message = split(payload)
            for sections in map(split, message.data) if is_batch else [message]:
                self._queue.put(sections)


class QueueExit(Node):
    """A receiver's link: messages leave the queue under a lock, and come back or go for good."""

    def __init__(self, queue: Queue, link: Link, faults: Faults) -> None:
        _check_supported(link)
        self.max_message_bytes = queue.options.max_message_bytes
        self._link = link
        self._queue = queue
        self._faults = faults

    def on_attach(self) -> None:
        self._queue.consumers.append(self)

    def has_room(self) -> bool:
        return self._link.has_room()

    def deliver(self, message: Message) -> None:
        # The SDK reads the lock token out of the delivery tag, in Microsoft's byte order.
        self._link.deliver(message.encode(), message.lock.token.bytes_le)

    def detach(self, error: AmqpError) -> None:
        self._link.detach(error)

    def on_credit(self) -> None:
        self._queue.hand_out()

    def on_outcome(self, tag: bytes, outcome: Described) -> None:
        with self._faults.injected("settle"):
            _settle(self._queue, UUID(bytes_le=tag), outcome)

    def on_detach(self) -> None:
        """Hand out no more; what the client holds stays locked until its time is up."""
        self._queue.consumers.remove(self)


def _check_supported(link: Link) -> None:
    if link.attach["snd_settle_mode"] == SETTLED_BY_SENDER:
        raise AmqpError(NOT_IMPLEMENTED, "This peer knows only receivers that lock.")
    filters = link.attach["source"].value[7:8]
    if filters and filters[0]:
        raise AmqpError(NOT_IMPLEMENTED, "This peer knows no message sessions and no filters.")


def _settle(queue: Queue, token: UUID, outcome: Described) -> None:
    settle: dict[int, Callable[[], None]] = {
        Outcome.ACCEPTED: lambda: queue.complete(token),
        Outcome.REJECTED: lambda: queue.dead_letter(token, *_reasons(outcome)),
        Outcome.RELEASED: lambda: queue.release(token),
        Outcome.MODIFIED: lambda: _modify(queue, token, outcome),
    }
    settle[outcome.descriptor]()


def _modify(queue: Queue, token: UUID, outcome: Described) -> None:
    """``undeliverable here`` is how a client defers; all else counts as a failed delivery."""
    _, is_undeliverable_here, *_ = [*outcome.value, None, None]
    if is_undeliverable_here:
        queue.defer(token)
    else:
        queue.abandon(token)


def _reasons(outcome: Described) -> tuple[str | None, str | None]:
    if not outcome.value or outcome.value[0] is None:
        return None, None
    _, _, info, *_ = [*outcome.value[0].value, None, None, None]
    info = info or {}
    return info.get("DeadLetterReason"), info.get("DeadLetterErrorDescription")
