"""Tells the platform team when the host of git asks us to wait for much of the time."""

from typing import Final

from core.events.desk import HostSlowed
from core.handle import Handle
from core.origin import EventOrigin
from core.ports.host_events import HostEvents

MINUTES: Final = 5  # between two looks
WORTH_TELLING_S: Final = 60.0  # of them; a few seconds now and then are usual


class PaceWatch:
    def __init__(self, host: HostEvents, handle: Handle) -> None:
        self._host = host
        self._handle = handle
        self._seen_s = 0.0

    async def look(self) -> None:
        """Tell of it once a day; the metric has every second."""
        waited_s = self._host.waited_s()
        asked_s, self._seen_s = waited_s - self._seen_s, waited_s
        if asked_s < WORTH_TELLING_S:
            return
        now = self._handle.context().now
        event = HostSlowed(
            id=f"slowed/{now:%Y-%m-%d}", time=now, seconds=round(asked_s), minutes=MINUTES
        )
        await self._handle(event, EventOrigin.WORKER)
