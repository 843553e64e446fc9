"""Asks the host of git whether what was delivered has happened: a body is signed by nobody."""

from collections.abc import Callable
from typing import Final

import msgspec

from core.again import Troubles
from core.errors import StepFailedError, UnavailableError
from core.events.base import Event
from core.events.outside import (
    BranchDeleted,
    CodePushed,
    DeliveryIgnored,
    PullRequestChanged,
    PullRequestCommented,
    PullRequestHinted,
    PushHinted,
)
from core.git_events import NATURAL, NOT_OURS, hint, unconfirmed
from core.platform import Platform
from core.ports.host_events import HostEvents

SOURCE: Final = "azure-devops"
OF_GIT: Final = (
    CodePushed,
    BranchDeleted,
    PushHinted,
    PullRequestChanged,
    PullRequestHinted,
    PullRequestCommented,
)
ASKING: Final = "asking the host of git about deliveries of {whose}"


class Confirm:
    """Call it with an event of a delivery; it returns the events to handle in its place.

    Raise UnavailableError while the host cannot be asked: then the event waits, and that is told.
    """

    def __init__(
        self, host: HostEvents, platform: Callable[[], Platform], troubles: Troubles
    ) -> None:
        self._host = host
        self._platform = platform
        self._troubles = troubles

    async def __call__(self, event: Event) -> tuple[Event, ...]:
        if event.source != SOURCE:
            return (event,)
        if isinstance(event, DeliveryIgnored):
            is_natural = event.id.startswith(NATURAL)
            return (unconfirmed(event, event.reason) if is_natural else event,)
        if not isinstance(event, OF_GIT):
            return (hint(event) if event.id.startswith(NATURAL) else event,)
        known = self._platform().repository(_repository(event))
        if known is not None and known.location:
            return (event,)  # it lies on this machine, and its own hook has told of it
        if self._is_unknown(event):
            return (unconfirmed(event, NOT_OURS),)
        stamp = {"source": event.source, "delivery": event.delivery}
        found = [msgspec.structs.replace(each, **stamp) for each in await self._asked(event)]
        return tuple(
            unconfirmed(each, NOT_OURS) if self._is_unknown(each) else each for each in found
        )

    async def _asked(self, event: Event) -> tuple[Event, ...]:
        known = self._platform().repository(_repository(event))
        work = ASKING.format(whose=known.name if known else "pull requests")
        try:
            found = await self._host.confirmed(event)
        except UnavailableError as error:
            self._begin(work, error)
            raise
        except StepFailedError as error:  # a right is missing: it waits until somebody gives it
            self._begin(work, error)
            raise UnavailableError(str(error)) from error
        self._troubles.end(work)
        return found

    def _begin(self, work: str, error: Exception) -> None:
        """Many may wait for the same, each in words of its own: the first is told."""
        if work not in self._troubles.open:
            self._troubles.begin(work, error)

    def _is_unknown(self, event: Event) -> bool:
        repository = _repository(event)
        return bool(repository) and self._platform().repository(repository) is None


def _repository(event: Event) -> str:
    """A pipeline may be of any repository: whose runs wait for Sluss is not for platform.yml."""
    return event.repository if isinstance(event, OF_GIT) else ""
