"""How fast Azure DevOps may be asked: it slows an identity down before it refuses it.

It says so on answers that bring what was asked for, too (200 with Retry-After), and whoever goes on
as before is refused with 429 in the end. So every answer's headers are read, and all calls of this
process wait. https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from adapters.azure_devops.errors import Purpose, asked_pause, busy

SHORT_S: Final = 5.0  # a longer pause is waited for by the job, which holds no slot meanwhile


class CallPace:
    """When the next call may be made; blocking clients note from their threads."""

    def __init__(
        self, metrics: CollectorRegistry, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._free_at = 0.0
        self.asked_s = 0.0  # in all, since the start; pauses that overlap count once
        self._slowed = Counter(
            "sluss_azure_devops_slowed",
            "Answers of Azure DevOps that asked us to wait.",
            registry=metrics,
        )
        paused = Gauge(
            "sluss_azure_devops_pause_seconds",
            "For how long no call is made, as Azure DevOps asked for it.",
            registry=metrics,
        )
        paused.set_function(self.left_s)

    def left_s(self) -> float:
        """Return how long the next call has to wait, in seconds."""
        return max(0.0, self._free_at - self._monotonic())

    async def turn(self, wanted: Purpose) -> None:
        """Wait until a call may be made. Raise UnavailableError when that takes long."""
        left = self.left_s()
        if left > SHORT_S:
            raise busy(wanted, left)
        await asyncio.sleep(left)

    def note(self, headers: Mapping[str, str]) -> None:
        """Read the headers of an answer, whatever its status."""
        pause = asked_pause(headers)
        if pause > 0:
            self._slowed.inc()
            free_at = self._monotonic() + pause
            self.asked_s += max(0.0, free_at - max(self._free_at, self._monotonic()))
            self._free_at = max(self._free_at, free_at)
