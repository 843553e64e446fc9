"""A commit from which contributors are counted, because people agreed on it: an old history."""

from datetime import datetime

import msgspec

from core.people import Person
from core.words import ReleaseId


class Base(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What was proposed, by whom and why, and what another person said to it.

    ``release`` is whose history it cuts. ``outcome`` is "", agreed or declined.
    """

    id: str
    release: ReleaseId
    commit: str
    reason: str
    proposed_by: Person
    proposed: datetime
    outcome: str = ""
    decided_by: Person | None = None
    decided: datetime | None = None
    comment: str = ""

    @property
    def is_agreed(self) -> bool:
        return self.outcome == "agreed"
