"""The Service Bus queue keeps the contract of every queue."""

import pytest

from tests.adapters.queue_contract import QueueContract


@pytest.mark.asyncio(loop_scope="module")
class TestServiceBusQueue(QueueContract):
    """The peer has the contract's limits."""
