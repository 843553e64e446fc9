"""Where conversations are reached: on one machine always the chat window, else a file remembers."""

import asyncio
from pathlib import Path
from typing import Protocol

import msgspec


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where the Bot Framework reaches a conversation: the channel's service, and its id there."""

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


class FileAddresses:
    """One JSON file; conversations are few and their addresses hardly ever change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Address] | None = None
        self._writing = asyncio.Lock()

    async def find_address(self, conversation: str) -> Address | None:
        return (await self._load()).get(conversation)

    async def keep_address(self, conversation: str, address: Address) -> None:
        if (await self._load()).get(conversation) == address:
            return
        async with self._writing:
            self._known = {**(await self._load()), conversation: address}
            await asyncio.to_thread(self._write, msgspec.json.encode(self._known))

    async def _load(self) -> dict[str, Address]:
        if self._known is None:
            self._known = await asyncio.to_thread(self._read)
        return self._known

    def _read(self) -> dict[str, Address]:
        if not self._path.exists():
            return {}
        return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Address])

    def _write(self, data: bytes) -> None:
        """A crash leaves the old file or the new one, never half of one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.replace(self._path)
