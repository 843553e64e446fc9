"""The channel that signs, as the tests of the endpoint and of its keys meet it."""

import pytest

from tests.adapters.teams.counting_bot import CountingBot
from tests.adapters.teams.issuer import Issuer


@pytest.fixture
async def issuer():
    found = Issuer()
    async with found.server:
        yield found


@pytest.fixture
def bot():
    return CountingBot()
