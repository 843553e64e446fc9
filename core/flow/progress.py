"""A step got somewhere, or does something else now: nothing follows but the release's card."""

from core.context import Context
from core.events.workers import ChecksReported, StepProgressed
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides
from core.release.model import Model


@decides(StepProgressed)
@decides(ChecksReported)
def progressed(model: Model, event: StepProgressed | ChecksReported, _context: Context) -> Decision:
    if event.release not in model.releases:
        return Decision()
    return Decision(cards=(CardRef("release", event.release),))
