"""A message of the events: what one of them is to blame for does not stop the others."""

import pytest

from core.errors import RefusedByStoreError
from core.events.codec import encode_batch
from core.ports import Message
from core.work import events_work
from tests.adapters.store_contract import push


async def test_an_event_that_the_store_refuses_does_not_stop_those_behind_it():
    handled = []

    async def handle(event):
        if event.push_id == 2:
            raise RefusedByStoreError("The branch name is too long.")
        handled.append(event.push_id)

    message = Message(id="m", body=encode_batch([push(1), push(2), push(3)]))
    with pytest.raises(RefusedByStoreError, match="too long"):
        await events_work(handle)(message)
    assert handled == [1, 3]
