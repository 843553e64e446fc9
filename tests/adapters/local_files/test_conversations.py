"""The file of conversations keeps the contract."""

import pytest

from adapters.local_files.conversations import ConversationsFile
from tests.adapters.conversations_contract import ConversationsContract


@pytest.fixture
def opened(tmp_path):
    return lambda: ConversationsFile(tmp_path / "deep" / "conversations.json")


class TestConversationsFile(ConversationsContract):
    """The whole contract."""
