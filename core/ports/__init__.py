"""What Sluss needs from the outside world, in its own words: adapters implement these.

Every port has a production and a one-machine implementation, and one contract suite that runs on
both (tests/adapters). A method raises ``UnavailableError`` when its system does not answer.
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
