"""Duplicate detection: the message ids that a queue saw within its window."""

import time


class DuplicateWindow:
    """Remembers ids for a time that starts at their first arrival; None remembers nothing."""

    def __init__(self, window_s: float | None) -> None:
        self._window_s = window_s
        self._seen_at: dict[str, float] = {}  # the oldest first

    def is_duplicate(self, message_id: str | None) -> bool:
        """Look for the id, and remember it when it is new."""
        if self._window_s is None or message_id is None:
            return False
        now = time.monotonic()
        self._forget_before(now - self._window_s)
        if message_id in self._seen_at:
            return True
        self._seen_at[message_id] = now
        return False

    def _forget_before(self, moment: float) -> None:
        for message_id, seen_at in list(self._seen_at.items()):
            if seen_at > moment:
                return
            del self._seen_at[message_id]
