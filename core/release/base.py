"""A commit from which contributors are counted, because people agreed on it: an old history."""

from datetime import datetime

import msgspec

from core.people import Person


class Base(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What was proposed, by whom and why, and what another person said to it.

    ``outcome`` is "", agreed or declined.
    """

    id: str
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
