"""Addresses at which the Bot Framework reaches conversations."""

from typing import Protocol

import msgspec

from core.ports import Conversations


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The channel's service, and the conversation's own id there."""

    service_url: str
    conversation: str
    channel: str = "msteams"
    tenant: str = ""
    bot: str = ""


class AddressBook(Protocol):
    """Keeps the address of each conversation, so that a worker can post there later."""

    async def find_address(self, conversation: str) -> Address | None: ...

    async def keep_address(self, conversation: str, address: Address) -> None: ...


class LocalAddresses:
    """For one machine: every conversation is in our chat window, and its name is its id."""

    def __init__(self, service_url: str) -> None:
        self._service_url = service_url

    async def find_address(self, conversation: str) -> Address | None:
        return Address(service_url=self._service_url, conversation=conversation)

    async def keep_address(self, conversation: str, address: Address) -> None:
        pass


class KeptAddresses:
    """Keeps the latest address of each conversation where all our processes find it."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def find_address(self, conversation: str) -> Address | None:
        kept = await self._conversations.find_place(conversation)
        return msgspec.json.decode(kept, type=Address) if kept is not None else None

    async def keep_address(self, conversation: str, address: Address) -> None:
        place = msgspec.json.encode(address).decode()
        await self._conversations.keep_place(conversation, place)
