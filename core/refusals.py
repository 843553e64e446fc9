"""Who sent deliveries that were refused: some addresses with their counts, however many come.

It is kept in memory, and bounded: a flood of strangers fills neither that nor a disk.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

import msgspec

MOST: Final = 50
LONGEST: Final = 64
LOGGED_EVERY: Final = timedelta(seconds=1)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """``address`` is the peer's own; what a header says of another one anybody may write."""

    source: str
    address: str
    count: int
    last: datetime


class Refusals(msgspec.Struct, kw_only=True):
    """Those of one process, the newest first in ``told``; ``others`` counts whom it forgot."""

    others: int = 0
    _known: OrderedDict[tuple[str, str], Refused] = msgspec.field(default_factory=OrderedDict)
    _logged: datetime | None = None

    def note(self, source: str, address: str, now: datetime) -> Refused | None:
        """Count one; return it when it is worth a line in the log.

        That is at the 1st, 10th, 100th of an address, and once a second at most.
        """
        key = source, address[:LONGEST]
        before = self._known.pop(key, None)
        refused = Refused(
            source=source, address=key[1], count=before.count + 1 if before else 1, last=now
        )
        self._known[key] = refused
        if len(self._known) > MOST:
            self.others += self._known.popitem(last=False)[1].count
        is_due = self._logged is None or now - self._logged >= LOGGED_EVERY
        if not is_due or str(refused.count).strip("0") != "1":
            return None
        self._logged = now
        return refused

    def told(self) -> tuple[Refused, ...]:
        return tuple(reversed(self._known.values()))
