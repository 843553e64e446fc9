"""The databases that the store's tests run on: a file, or a PostgreSQL of their own."""

import pytest

from adapters.sql_store import SqlStore
from tests.peers.postgresql import running


@pytest.fixture(scope="session")
def postgresql():
    with running() as server:
        yield server


@pytest.fixture
def url(request, tmp_path):
    """The URL of a new database; parametrize it indirectly with "sqlite" or "postgresql"."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield url


@pytest.fixture
async def opened(url):
    """A function that opens the store; all that were opened are closed at the end."""
    stores = []

    async def open_store():
        stores.append(await SqlStore.open(url))
        return stores[-1]

    yield open_store
    for store in stores:
        await store.close()
