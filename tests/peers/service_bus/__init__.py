"""An AMQP 1.0 peer with the semantics of Azure Service Bus, for tests without a cloud."""

from tests.peers.service_bus.broker import Broker
from tests.peers.service_bus.errors import (
    SERVER_BUSY,
    UNAUTHORIZED,
    AmqpError,
    AnswerLostError,
    RequestLostError,
)
from tests.peers.service_bus.queue import QueueCounts, QueueOptions, QueueTotals

__all__ = [
    "SERVER_BUSY",
    "UNAUTHORIZED",
    "AmqpError",
    "AnswerLostError",
    "Broker",
    "QueueCounts",
    "QueueOptions",
    "QueueTotals",
    "RequestLostError",
]
