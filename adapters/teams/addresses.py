"""Addresses at which the Bot Framework reaches conversations."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from core.ports import Conversations

logger = logging.getLogger(__name__)

# Before the name of a conversation: the address that it may come to have. No conversation is
# called so, as what an activity says is cleaned of such letters.
WAITING: Final = "\x02"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The channel's service, and the conversation's own id there."""

    service_url: str
    conversation: str
    channel: str = "msteams"
    tenant: str = ""
    bot: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.service_url).hostname or ""

    def is_same_place(self, other: "Address") -> bool:
        return (self.service_url, self.conversation) == (other.service_url, other.conversation)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation was heard of at another address than the kept one; hosts tell enough of it.

    ``is_in_force``: the old one was gone for good, and cards go to the new one from now on.
    """

    conversation: str
    old: Address
    new: Address
    is_in_force: bool = False


Tell = Callable[[Change], Awaitable[None]]


class AddressBook(Protocol):
    """Keeps the address of each conversation, so that a worker can post there later."""

    async def find_address(self, conversation: str) -> Address | None: ...

    async def keep_address(self, conversation: str, address: Address) -> None:
        """Keep the first address; another one is told, and waits until the first is gone."""

    async def take_change(self, conversation: str) -> bool:
        """The kept address is gone for good: take the one that waits. Return whether one did."""


class LocalAddresses:
    """For one machine: every conversation is in our chat window, and its name is its id."""

    def __init__(self, service_url: str) -> None:
        self._service_url = service_url

    async def find_address(self, conversation: str) -> Address | None:
        return Address(service_url=self._service_url, conversation=conversation)

    async def keep_address(self, conversation: str, address: Address) -> None:
        pass

    async def take_change(self, conversation: str) -> bool:  # noqa: ARG002
        return False


async def _tell_nobody(_: Change) -> None:
    pass


class KeptAddresses:
    """Keeps each conversation's address where all our processes find it, and changes none by word.

    An activity that names another address may be forged by whoever has got a key or a token of
    the channel; where the approvals room's cards go is not for one activity to say.
    """

    def __init__(self, conversations: Conversations, tell: Tell = _tell_nobody) -> None:
        self._conversations = conversations
        self._tell = tell

    async def find_address(self, conversation: str) -> Address | None:
        kept = await self._conversations.find_place(conversation)
        return msgspec.json.decode(kept, type=Address) if kept is not None else None

    async def keep_address(self, conversation: str, address: Address) -> None:
        known = await self.find_address(conversation)
        if known is None:
            await self._keep(conversation, address)
        elif not known.is_same_place(address):
            await self._wait(conversation, known, address)

    async def take_change(self, conversation: str) -> bool:
        old = await self.find_address(conversation)
        new = await self.find_address(WAITING + conversation)
        if old is None or new is None or old.is_same_place(new):
            return False
        await self._keep(conversation, new)
        told = Change(conversation=conversation, old=old, new=new, is_in_force=True)
        await self._say(told)
        return True

    async def _wait(self, conversation: str, old: Address, new: Address) -> None:
        """Tell first: a crash between the two tells it once more, which is a known event."""
        waiting = await self.find_address(WAITING + conversation)
        if waiting is not None and waiting.is_same_place(new):
            return
        await self._say(Change(conversation=conversation, old=old, new=new))
        await self._keep(WAITING + conversation, new)

    async def _say(self, change: Change) -> None:
        extra = {"action": "chat_address_changed", "is_in_force": change.is_in_force}
        logger.warning("a conversation has another address", extra=extra)
        await self._tell(change)

    async def _keep(self, conversation: str, address: Address) -> None:
        place = msgspec.json.encode(address).decode()
        await self._conversations.keep_place(conversation, place)


class FileAddresses(KeptAddresses):
    """Keeps addresses in one JSON file, for a bot of one process that has no store."""

    def __init__(self, path: Path, tell: Tell = _tell_nobody) -> None:
        super().__init__(_PlacesFile(path), tell)


class _PlacesFile:
    """Implements ``core.ports.Conversations``; they are few, and hardly ever change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = asyncio.Lock()

    async def find_place(self, conversation: str) -> str | None:
        return (await asyncio.to_thread(self._read)).get(conversation)

    async def keep_place(self, conversation: str, place: str) -> None:
        async with self._writing:
            await asyncio.to_thread(self._write, conversation, place)

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])

    def _write(self, conversation: str, place: str) -> None:
        """A crash leaves the old file or the new one, never half of one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode({**self._read(), conversation: place}))
        fresh.replace(self._path)
