"""Where the Bot Framework reaches conversations: in the chat window, or where they told us."""

from typing import Protocol

import msgspec

from core.ports import Conversations


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a conversation is reached: the channel's service, and its own id there."""

    service_url: str
    conversation: str
    channel: str = "msteams"
    tenant: str = ""
    bot: str = ""


class AddressBook(Protocol):
    """Keeps what each conversation told us, so that a worker can post there later."""

    async def find_address(self, conversation: str) -> Address | None: ...

    async def keep_address(self, conversation: str, address: Address) -> None: ...


class LocalAddresses:
    """Every conversation is in our own chat window, under its own name."""

    def __init__(self, service_url: str) -> None:
        self._service_url = service_url

    async def find_address(self, conversation: str) -> Address | None:
        return Address(service_url=self._service_url, conversation=conversation)

    async def keep_address(self, conversation: str, address: Address) -> None:
        pass


class KeptAddresses:
    """What each conversation told us lately, kept where every process of ours finds it."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def find_address(self, conversation: str) -> Address | None:
        kept = await self._conversations.find_place(conversation)
        return msgspec.json.decode(kept, type=Address) if kept is not None else None

    async def keep_address(self, conversation: str, address: Address) -> None:
        place = msgspec.json.encode(address).decode()
        await self._conversations.keep_place(conversation, place)
