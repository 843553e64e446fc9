"""What Sluss needs from the outside world, in its own words: adapters implement these.

Every port has an implementation for one machine. Queue, Store and Chat have one for production,
too, and ModelRegistry and Tracking take any MLflow server. Where a port has a contract suite
(tests/adapters/*_contract.py), each of its implementations is held to it. A method raises
``UnavailableError`` when its system does not answer.
"""

from core.ports.chat import Chat, Conversations
from core.ports.git_host import GitHost
from core.ports.job_tokens import JobToken, JobTokens
from core.ports.ml_platform import MLPlatform, RunLook, RunOutcome, RunSpec, RunState
from core.ports.model_registry import ModelRegistry
from core.ports.people import Directory, Secrets
from core.ports.queue import DeadLetter, Message, Queue, Received
from core.ports.reviews import (
    BringingPullRequest,
    CommitState,
    CommitStatus,
    RanTest,
    Remark,
    Reviews,
    SaidComment,
    TestOutcome,
    TestsOfCommit,
)
from core.ports.service_endpoints import ServiceEndpoints
from core.ports.store import (
    CardBook,
    DeliveryRow,
    Effects,
    Evidence,
    Ledger,
    Notes,
    Outbox,
    Recorded,
    ReleaseRow,
    ShownCard,
    Store,
    Views,
)
from core.ports.tracking import Tracking
from core.ports.variable_groups import VariableGroups

__all__ = [
    "BringingPullRequest",
    "CardBook",
    "Chat",
    "CommitState",
    "CommitStatus",
    "Conversations",
    "DeadLetter",
    "DeliveryRow",
    "Directory",
    "Effects",
    "Evidence",
    "GitHost",
    "JobToken",
    "JobTokens",
    "Ledger",
    "MLPlatform",
    "Message",
    "ModelRegistry",
    "Notes",
    "Outbox",
    "Queue",
    "RanTest",
    "Received",
    "Recorded",
    "ReleaseRow",
    "Remark",
    "Reviews",
    "RunLook",
    "RunOutcome",
    "RunSpec",
    "RunState",
    "SaidComment",
    "Secrets",
    "ServiceEndpoints",
    "ShownCard",
    "Store",
    "TestOutcome",
    "TestsOfCommit",
    "Tracking",
    "VariableGroups",
    "Views",
]
