"""One message in a queue: its state, its lock and its bytes on the wire."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from enum import IntEnum
from uuid import UUID, uuid4

from tests.peers.service_bus.codec import Int32, Symbol, Timestamp, UInt
from tests.peers.service_bus.sections import Sections, join

DUE_AT = "x-opt-scheduled-enqueue-time"


class MessageState(IntEnum):
    """The numbers are those of the annotation ``x-opt-message-state``."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


@dataclass
class Lock:
    """A receiver's claim on a message, lost at ``until`` (seconds since 1970) unless renewed."""

    until: float
    timer: asyncio.TimerHandle
    token: UUID = field(default_factory=uuid4)


@dataclass
class Message:
    """A stored message; a deferred one keeps its state while it is locked."""

    sequence_number: int
    sections: Sections
    state: MessageState = MessageState.ACTIVE
    delivery_count: int = 0
    lock: Lock | None = None
    enqueued_at: float = field(default_factory=time.time)

    @property
    def due_at(self) -> float:
        return int(self.sections.annotations.get(DUE_AT, 0)) / 1000

    @property
    def is_waiting(self) -> bool:
        return self.state is MessageState.ACTIVE and self.lock is None

    def encode(self) -> bytes:
        durable, priority, time_to_live, first, *_ = [*self.sections.header, *[None] * 4]
        annotations = {
            **self.sections.annotations,
            Symbol("x-opt-sequence-number"): self.sequence_number,
            Symbol("x-opt-enqueued-time"): Timestamp(self.enqueued_at * 1000),
            Symbol("x-opt-message-state"): Int32(self.state),
        }
        if self.lock is not None:
            annotations[Symbol("x-opt-locked-until")] = Timestamp(self.lock.until * 1000)
        header = [durable, priority, time_to_live, first, UInt(self.delivery_count)]
        return join(replace(self.sections, header=header, annotations=annotations))
