"""What Sluss needs from the outside world, in its own words: adapters implement these.

Every port has an implementation for one machine; Queue, Store and Chat have one for production,
too. One contract suite runs on all of a port (tests/adapters). A method raises
``UnavailableError`` when its system does not answer.
"""

from core.ports.git_host import CommitState, GitHost
from core.ports.ml_platform import MLPlatform, RunLook, RunOutcome, RunSpec, RunState
from core.ports.model_registry import ModelRegistry
from core.ports.people import Chat, Directory, Secrets
from core.ports.queue import DeadLetter, Message, Queue, Received
from core.ports.store import (
    CardBook,
    DeliveryRow,
    Effects,
    Evidence,
    Ledger,
    Outbox,
    Recorded,
    ReleaseRow,
    ShownCard,
    Store,
    Views,
)

__all__ = [
    "CardBook",
    "Chat",
    "CommitState",
    "DeadLetter",
    "DeliveryRow",
    "Directory",
    "Effects",
    "Evidence",
    "GitHost",
    "Ledger",
    "MLPlatform",
    "Message",
    "ModelRegistry",
    "Outbox",
    "Queue",
    "Received",
    "Recorded",
    "ReleaseRow",
    "RunLook",
    "RunOutcome",
    "RunSpec",
    "RunState",
    "Secrets",
    "ShownCard",
    "Store",
    "Views",
]
