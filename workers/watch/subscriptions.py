"""Looks how our service hooks are, tells the platform team, and replaces what cannot be revived."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from core.errors import StepFailedError
from core.events.desk import HookTrouble, SubscriptionsChanged
from core.handle import Handle
from core.hooks import HookLook, compare, troubles_of
from core.origin import EventOrigin
from core.platform import Platform
from core.ports.host_events import HostEvents, HostProject
from core.ports.store import Ledger
from core.ports.subscriptions import Subscriptions
from core.words import HookCondition

log = logging.getLogger(__name__)

# While a hook is like this, what happens is not delivered, and never will be.
DEAF: Final = frozenset(HookCondition) - {HookCondition.WELL, HookCondition.DOUBLED}


class SubscriptionWatch:
    """``reconcile`` finds what was lost; it is called when a hook is well again or was replaced."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        host: HostEvents,
        handle: Handle,
        ledger: Ledger,
        reconcile: Callable[[], Awaitable[object]],
    ) -> None:
        self._subscriptions = subscriptions
        self._host = host
        self._handle = handle
        self._ledger = ledger
        self._reconcile = reconcile

    async def look(self) -> None:
        """Tell what has changed since the last telling, whoever told it.

        What was lost is found before it is told that all is well: told the other way round, a
        crash in between would leave it lost.
        """
        projects = await projects_of(self._host, self._handle.platform)
        looks = compare(projects, await self._subscriptions.here())
        replaced = [look for look in looks if await self._replaced(look)]
        left = [look for look in looks if not await self._is_single(look)]
        troubles = tuple(_marked(each, replaced) for each in troubles_of(left))
        before = (await self._ledger.desk()).hooks
        if replaced or _deaf(before.troubles) - _deaf(troubles):
            await self._reconcile()
        if troubles == before.troubles:
            return
        event = SubscriptionsChanged(
            id=f"subscriptions/{before.changes + 1}/{_digest(troubles)}",
            time=self._handle.context().now,
            troubles=troubles,
        )
        await self._handle(event, EventOrigin.WORKER)

    async def _replaced(self, look: HookLook) -> bool:
        """Make the new one first: what cannot be removed afterwards delivers nothing anyway."""
        if not look.condition.is_replaced:
            return False
        is_added = False
        try:
            await self._subscriptions.add(look.project, look.hook)
            is_added = True
            for old in look.dead:
                await self._subscriptions.remove(old.id)
        except StepFailedError as error:
            log.warning("%s", error, extra={"action": "subscription_not_replaced"})
        return is_added

    async def _is_single(self, look: HookLook) -> bool:
        """Remove what is ours beside another, as two of us may have replaced the same one at once.

        Tell whether that has mended it.
        """
        for each in look.surplus:
            await self._subscriptions.remove(each.id)
        return bool(look.surplus) and len(look.live) - len(look.surplus) == 1


async def projects_of(host: HostEvents, platform: Platform) -> tuple[HostProject, ...]:
    """The host's projects in which platform.yml has a repository, by their names."""
    ours = {each.id for each in platform.repositories if not each.location}
    found = {each.project.id: each.project for each in await host.repositories() if each.id in ours}
    return tuple(sorted(found.values(), key=lambda project: project.name.casefold()))


def _marked(trouble: HookTrouble, replaced: Iterable[HookLook]) -> HookTrouble:
    places = {(look.project.name, look.hook.event) for look in replaced}
    is_replaced = (trouble.project, trouble.hook) in places
    return msgspec.structs.replace(trouble, is_replaced=is_replaced)


def _deaf(troubles: Iterable[HookTrouble]) -> set[tuple[str, str]]:
    return {(each.project, each.hook) for each in troubles if each.condition in DEAF}


def _digest(troubles: tuple[HookTrouble, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(troubles)).hexdigest()[:16]
