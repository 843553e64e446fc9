"""A failed step is tried again without redoing the good ones."""

from core.context import Context
from core.events.people import RetryRequested
from core.flow.decision import Decision, decides, refused
from core.flow.plan import plan
from core.release.model import Model


@decides(RetryRequested)
def retried(model: Model, event: RetryRequested, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release = model.releases[event.release]
    run = release.current_step()
    assert run is not None
    return plan(model, release, event, context, step=run.step, stage=run.stage)
