"""The queue port: at-least-once messages under a lock."""

from datetime import datetime
from typing import Protocol

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is what duplicate detection compares; at most 128 characters.

    ``waits`` and ``failures`` are our own counts, and travel with the message: how often it was
    given back because a system was down, and how often its work failed.
    """

    id: str
    body: bytes
    waits: int = 0
    failures: int = 0


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message under a lock. ``tries`` counts earlier deliveries: 0 at the first.

    ``lock_s`` is how long the lock holds from now on, and from each renewal on.
    """

    message: Message
    lock: str
    tries: int
    lock_s: float = 30.0


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    message: Message
    reason: str
    since: datetime


class Queue(Protocol):
    """Messages come at least once, in no promised order; an expired lock gives one to another."""

    async def send(self, *messages: Message) -> None:
        """Durable when it returns; an id sent before within the window is dropped silently."""

    async def schedule(self, message: Message, not_before: datetime) -> None: ...

    async def receive(self, limit: int, wait_s: float) -> list[Received]:
        """Up to ``limit`` messages; empty when none came within ``wait_s``."""

    async def renew(self, received: Received) -> None: ...

    async def complete(self, received: Received) -> None:
        """Raise LockLostError when somebody else has the message now."""

    async def abandon(self, received: Received) -> None: ...

    async def dead_letter(self, received: Received, reason: str) -> None: ...

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]: ...

    async def redrive(self, message_id: str) -> bool:
        """Send a dead letter again, with no failures counted; False when there is none."""

    async def waiting(self) -> int: ...

    async def close(self) -> None: ...
