"""The addresses of conversations outlive the process that stored them, and follow a move."""

import pytest

from adapters.sql_store import SqlStore
from adapters.sql_store.beside import SqlConversations
from tests.adapters.conversations_contract import ConversationsContract


@pytest.fixture
async def opened(tmp_path):
    """A function that opens the store anew each time, as another process would."""
    stores: list[SqlStore] = []

    def open_another():
        stores.append(SqlStore(f"sqlite:///{tmp_path}/store.db"))
        return SqlConversations(stores[-1])

    yield open_another
    for store in stores:
        await store.close()


class TestSqlConversations(ConversationsContract):
    """The whole contract."""
