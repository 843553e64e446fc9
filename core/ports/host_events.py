"""The host events port: what the host of git says has happened; deliveries only hint at it."""

from datetime import datetime
from typing import Final, Protocol

import msgspec

from core.events.base import Event

RECONCILED: Final = "reconciled/"  # begins the delivery of an event that was listed, not delivered


class HostProject(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class ListedRepository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as the host lists it, whether or not platform.yml has it."""

    id: str
    name: str
    project: HostProject
    default_branch: str = ""
    is_disabled: bool = False


class PullRequestSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request in a list; ``event`` is the id of what would be told of it as it is now."""

    repository: str
    number: int
    event: str
    closed: datetime | None = None


class HostEvents(Protocol):
    """Events have the ids that a delivery of them has, and bring what the host says, no body.

    ``repository`` is the host's id, as in platform.yml. What is asked for by name and is not there
    raises GoneError; what we may not see reads the same.
    """

    async def confirmed(self, event: Event) -> tuple[Event, ...]:
        """The delivered event as the host tells it; a hint becomes all that it hinted at.

        What the host does not know is a DeliveryIgnored that says so. Raise UnavailableError while
        the host cannot be asked: the event waits.
        """

    def waited_s(self) -> float:
        """For how many seconds the host has asked us to wait since this process began."""

    async def repositories(self) -> tuple[ListedRepository, ...]:
        """All that we may see, in every project; one call."""

    async def last_push(self, repository: str, branch: str = "") -> int:
        """The number of the newest push, or of the newest that moved ``branch``; 0 without one."""

    async def pushes_after(self, repository: str, push: int) -> tuple[int, ...]:
        """The numbers of all pushes that came after this one, the oldest first."""

    async def push(self, repository: str, push: int) -> tuple[Event, ...]:
        """One event for each ref that the push moved."""

    async def pushed_between(
        self, repository: str, since: datetime, until: datetime
    ) -> tuple[Event, ...]:
        """What a delivery of each push of that time would bring; commits may be left out."""

    async def pull_requests(
        self, project: str, closed_since: datetime
    ) -> tuple[PullRequestSeen, ...]:
        """Those that are active, and those that were closed since by the host's clock."""

    async def pull_request(self, repository: str, number: int) -> Event:
        """The pull request as it is now."""
