"""What has happened in an organisation, for whoever listens (service hooks do)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.peers.azure_devops.identities import Identity


@dataclass(frozen=True)
class Happening:
    """``event_type`` is the name of the service hook; ``subject`` the push, pull request, run ..."""

    event_type: str
    subject: Any
    by: Identity
    what: str = ""  # which kind of update, where the type has several
    id: str = field(default_factory=lambda: str(uuid4()))  # of the event: every delivery has it
    date: datetime = field(default_factory=lambda: datetime.now(UTC))
