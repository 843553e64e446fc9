"""What ails the service hooks of the host of git, from the first trouble until all are well."""

from datetime import datetime

import msgspec

from core.events.desk import HookTrouble, SubscriptionsChanged


class HookIncident(msgspec.Struct, frozen=True, kw_only=True):
    """What ails the service hooks, from the first trouble until all are well; it has one card.

    ``changes`` counts what was told of them so far, in this incident and before.
    """

    id: str = ""
    changes: int = 0
    since: datetime | None = None
    changed: datetime | None = None
    troubles: tuple[HookTrouble, ...] = ()

    @property
    def is_open(self) -> bool:
        return bool(self.troubles)


def incident_after(incident: HookIncident, event: SubscriptionsChanged) -> HookIncident:
    """The first trouble after all were well begins an incident of its own."""
    is_new = not incident.is_open and bool(event.troubles)
    return HookIncident(
        id=event.id if is_new else incident.id,
        changes=incident.changes + 1,
        since=event.time if is_new else incident.since,
        changed=event.time,
        troubles=event.troubles,
    )
