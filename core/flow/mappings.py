"""Addresses that the directory does not know: the platform team says whose each of them is."""

from core.context import Context
from core.events.desk import AddressMapped, MappingRequested
from core.flow.decision import Decision, decides, follows, refused
from core.release.model import Model


@decides(MappingRequested)
def wanted(model: Model, event: MappingRequested, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    mapped = follows(
        event, AddressMapped, context,
        address=event.address, person=event.person, reason=event.reason, by=event.by,
    )  # fmt: skip
    return Decision(events=(mapped,))
