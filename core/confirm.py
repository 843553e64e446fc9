"""Asks the host of git whether what was delivered has happened: a body is signed by nobody."""

from collections.abc import Callable
from typing import Final

import msgspec

from core.errors import GoneError, StepFailedError, UnavailableError
from core.events.base import Event
from core.events.outside import DeliveryIgnored
from core.git_events import unconfirmed
from core.platform import Platform
from core.ports.host_events import HostEvents

SOURCE: Final = "azure-devops"
UNKNOWN: Final = (
    "unknown repository {id}: it is not in platform.yml, so that nobody was asked about it"
)


class Confirm:
    """Call it with an event of a delivery; it returns the event to handle in its place.

    Raise UnavailableError while the host cannot be asked: then the event waits.
    """

    def __init__(self, host: HostEvents, platform: Callable[[], Platform]) -> None:
        self._host = host
        self._platform = platform

    async def __call__(self, event: Event) -> Event:
        if event.source != SOURCE:
            return event
        if isinstance(event, DeliveryIgnored):
            return unconfirmed(event, event.reason)
        repository = getattr(event, "repository", "")
        known = self._platform().repository(repository)
        if repository and known is None:
            return unconfirmed(event, UNKNOWN.format(id=repository))
        if known is not None and known.location:
            return event  # it lies on this machine, and its own hook has told of it
        return await self._asked(event)

    async def _asked(self, event: Event) -> Event:
        try:
            found = await self._host.confirmed(event)
        except GoneError:
            raise
        except StepFailedError as error:  # a right is missing: it waits until somebody gives it
            raise UnavailableError(str(error)) from error
        stamp = {"source": event.source, "delivery": event.delivery}
        return msgspec.structs.replace(found, **stamp)
