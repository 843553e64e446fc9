"""The Service Bus queue keeps the contract of every queue."""

import pytest

from tests.adapters.queue_contract import QueueContract
from tests.adapters.service_bus.conftest import OPTIONS


@pytest.mark.asyncio(loop_scope="module")
class TestServiceBusQueue(QueueContract):
    lock_s = OPTIONS.lock_duration_s
