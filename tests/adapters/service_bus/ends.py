"""Opens Service Bus queues for the tests, with time-outs that are short enough for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.service_bus.clients import Clients
from adapters.service_bus.link import Patience
from adapters.service_bus.queue import ServiceBusQueue
from core.ports import Message, Received
from tests.peers.service_bus import Broker, QueueTotals
from tests.peers.service_bus.duplicates import DuplicateWindow
from tests.peers.service_bus.errors import FAULT_KINDS

PATIENCE = Patience(try_s=1.2, repair_s=1.2, settle_s=0.5, backoff_s=0.1)
# A link takes a second to open: where the reason of a refusal is told, a busy machine has time.
UNHURRIED = Patience(try_s=4.0, repair_s=1.2, settle_s=0.5, backoff_s=0.1)


@asynccontextmanager
async def open_queue(
    broker: Broker, name: str, patience: Patience = PATIENCE
) -> AsyncIterator[ServiceBusQueue]:
    queue = ServiceBusQueue(
        Clients.from_connection_string(broker.connection_string, name, patience)
    )
    try:
        yield queue
    finally:
        await queue.close()


def empty(broker: Broker, name: str) -> None:
    """Forget messages, locks, ids and faults; the clients and their links stay."""
    for kind in FAULT_KINDS:
        broker.faults[kind] = []
    queue = broker.queue(name)
    for each in (queue, queue.dead_letters):
        for message in list(each.messages.values()):
            each._remove(message)
        each.totals = QueueTotals()
        each._duplicates = DuplicateWindow(each.options.duplicate_window_s)


def message(name: str, body: bytes = b"{}") -> Message:
    return Message(id=name, body=body)


async def receive_one(queue: ServiceBusQueue, wait_s: float = 5) -> Received:
    (received,) = await queue.receive(1, wait_s)
    return received
