"""How often one person may press or write: enough for any hand, and too little for a flood."""

import time
from collections.abc import Callable
from typing import Final

from core.errors import RefusedError
from core.words import PersonId

A_MINUTE: Final = 60  # presses and messages of one person; a second gives one back
KEPT: Final = 1_000  # people whose pace is remembered; who has rested needs no remembering
TOO_FAST: Final = (
    "That is more than {limit} presses and messages within a minute, which is as much as one "
    "person may. Nothing was done and nothing was written down; wait {wait} s, then press again."
)


class Pace:
    """A bucket for each person: each press takes one out, and time fills it again."""

    def __init__(
        self, limit: int = A_MINUTE, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._full_at: dict[PersonId, float] = {}  # when the bucket will be full again

    def take(self, person: PersonId) -> None:
        """Raise RefusedError when the bucket is empty: what is refused takes nothing out."""
        now, one = self._clock(), 60 / self._limit
        full_at = max(now, self._full_at.get(person, now)) + one
        wait = full_at - now - 60
        if wait > 1e-6:  # noqa: PLR2004 - seconds; less is how numbers are added up
            raise RefusedError(TOO_FAST.format(limit=self._limit, wait=max(1, round(wait))))
        self._full_at[person] = full_at
        if len(self._full_at) > KEPT:
            self._full_at = {who: at for who, at in self._full_at.items() if at > now}
