"""A step does something else now: nothing follows but the release's card."""

from core.events import StepProgressed
from core.flow.decision import CardRef, Context, Decision, decides
from core.release import Model


@decides(StepProgressed)
def progressed(model: Model, event: StepProgressed, _context: Context) -> Decision:
    if event.release not in model.releases:
        return Decision()
    return Decision(cards=(CardRef("release", event.release),))
