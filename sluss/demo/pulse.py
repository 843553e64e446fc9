"""Says what is at work while nothing else is to be said, so that nobody takes a wait for an end."""

import time
from collections.abc import Callable
from typing import Final

from core.release.release import Release
from core.release.state import RUNNING

SILENT_S: Final = 5.0


class Pulse:
    """``say`` prints a line; ``beat`` is called often, with the release as it is now."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.quiet()

    def quiet(self) -> None:
        """Note that something was said just now."""
        self._began = self._said = time.monotonic()

    def beat(self, release: Release | None) -> None:
        now = time.monotonic()
        if release is None or release.state not in RUNNING or now - self._said < SILENT_S:
            return
        self._said = now
        step = release.current_step()
        note = f": {step.note}" if step is not None and step.note else ""
        self._say(f"  ... {release.state} for {now - self._began:.0f} s{note}")
