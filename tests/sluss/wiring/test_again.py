"""What is looked at again and again goes on, whoever was down or in the way meanwhile."""

import asyncio

import pytest

from core.errors import UnavailableError, VersionConflictError
from sluss.wiring.again import every


@pytest.mark.parametrize("error", [UnavailableError, VersionConflictError])
async def test_a_look_in_vain_is_not_the_last_one(error):
    looked, has_seen = [], asyncio.Event()

    async def look():
        looked.append(error)
        if len(looked) == 1:
            raise error
        has_seen.set()

    looking = asyncio.create_task(every(0.0, look))
    async with asyncio.timeout(10):
        await asyncio.wait(
            {looking, asyncio.create_task(has_seen.wait())}, return_when="FIRST_COMPLETED"
        )
    assert has_seen.is_set()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
