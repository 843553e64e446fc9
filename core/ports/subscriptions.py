"""The subscriptions port: which service hooks of the host of git lead to us, and how they are."""

from enum import StrEnum
from typing import Protocol

import msgspec

from core.ports.host_events import HostProject


class HookState(StrEnum):
    ENABLED = "enabled"
    RESTRICTED = "restricted"  # on probation: what happens meanwhile is never delivered
    DISABLED_BY_SYSTEM = "disabled by the host"
    CREATOR_LEFT = "disabled, as who made it has left"
    DISABLED_BY_HAND = "disabled by hand"


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of event that we want to hear of, as the host names it."""

    event: str
    publisher: str
    version: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A service hook that leads to us; ``unfit`` says why it does not bring what we want, or "".

    ``project`` is the id of the host's project; ``is_ours`` tells whether our identity made it.
    """

    id: str
    project: str
    event: str
    state: HookState
    creator: str = ""
    is_ours: bool = False
    unfit: str = ""


class Subscriptions(Protocol):
    """They are made for whole projects. Each method raises StepFailedError where a right lacks."""

    async def here(self) -> tuple[Subscription, ...]:
        """All that lead to our address, whoever made them."""

    async def add(self, project: HostProject, hook: Hook) -> None: ...

    async def renew(self, subscription: str) -> None:
        """Give it our secret as it is now. It stays disabled where it is."""

    async def remove(self, subscription: str) -> None:
        """Remove it; one that is not there any more is no error."""
