"""The real clients of one queue, opened and closed together, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

# The SDK (7.15.0) never closes its socket after a broken connection: Connection.close() sets the
# state END when its close frame fails, and _disconnect() does nothing in the state END.
LEFT_OPEN = "unclosed (<StreamWriter|transport <_SelectorSocketTransport|<socket.socket)"


@dataclass
class Ends:
    """The clients of one queue."""

    sender: ServiceBusSender
    receiver: ServiceBusReceiver
    dead_letters: ServiceBusReceiver


@asynccontextmanager
async def ends_of(connection_string: str, queue: str, **options: float) -> AsyncIterator[Ends]:
    """Open and close all at the same time, because each takes half a second and more."""
    client = ServiceBusClient.from_connection_string(
        connection_string, retry_backoff_factor=0.1, **options
    )
    ends = Ends(
        client.get_queue_sender(queue),
        client.get_queue_receiver(queue),
        client.get_queue_receiver(queue, sub_queue="deadletter"),
    )
    handlers = ends.sender, ends.receiver, ends.dead_letters
    try:
        await asyncio.gather(*[handler.__aenter__() for handler in handlers])
        yield ends
    finally:
        await asyncio.gather(*[handler.close() for handler in handlers])


async def receive_one(receiver: ServiceBusReceiver) -> ServiceBusReceivedMessage:
    (received,) = await receiver.receive_messages(1, max_wait_time=5)
    return received


def message(body: str = "body", **properties: object) -> ServiceBusMessage:
    return ServiceBusMessage(body, **properties)
