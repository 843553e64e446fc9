"""One peer and one open queue for the tests of a module; each test finds them empty.

Opening and closing takes the real client a second and more, and a queue lives long anyway.
"""

import gc
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.service_bus.queue import ServiceBusQueue
from tests.adapters.service_bus.ends import empty, open_queue
from tests.peers.service_bus import Broker, QueueOptions

OPTIONS = QueueOptions(lock_duration_s=1.0, max_delivery_count=3, duplicate_window_s=60)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer() -> AsyncIterator[Broker]:
    async with Broker({"events": OPTIONS}) as broker:
        yield broker
    gc.collect()  # the SDK's sockets of broken connections go here, not within a later test


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(peer: Broker) -> AsyncIterator[ServiceBusQueue]:
    async with open_queue(peer, "events") as queue:
        yield queue


@pytest.fixture
def broker(peer: Broker) -> Broker:
    empty(peer, "events")
    return peer


@pytest.fixture
def queue(broker: Broker, opened: ServiceBusQueue) -> ServiceBusQueue:
    return opened
