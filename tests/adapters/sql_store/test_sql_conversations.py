"""Where conversations are reached outlives the process that was told, and follows a move."""

import pytest

from adapters.sql_store import SqlStore
from adapters.sql_store.beside import SqlConversations
from tests.adapters.conversations_contract import ConversationsContract


@pytest.fixture
async def opened(tmp_path):
    """Each of them is a process of its own on one database."""
    stores: list[SqlStore] = []

    def open_another():
        stores.append(SqlStore(f"sqlite:///{tmp_path}/store.db"))
        return SqlConversations(stores[-1])

    yield open_another
    for store in stores:
        await store.close()


class TestSqlConversations(ConversationsContract):
    """The whole contract."""
