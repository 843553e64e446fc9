"""Where conversations are reached, in one file of this machine."""

import asyncio
from pathlib import Path

import msgspec


class ConversationsFile:
    """Implements ``core.ports.Conversations``: they are few, and hardly ever change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] | None = None
        self._writing = asyncio.Lock()

    async def find_place(self, conversation: str) -> str | None:
        return (await self._load()).get(conversation)

    async def keep_place(self, conversation: str, place: str) -> None:
        async with self._writing:
            known = await self._load()
            if known.get(conversation) == place:
                return
            self._known = {**known, conversation: place}
            await asyncio.to_thread(self._write, msgspec.json.encode(self._known))

    async def _load(self) -> dict[str, str]:
        if self._known is None:
            self._known = await asyncio.to_thread(self._read)
        return self._known

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])

    def _write(self, data: bytes) -> None:
        """A crash leaves the old file or the new one, never half of one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.replace(self._path)
