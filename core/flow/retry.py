"""A failed step is tried again without redoing the good ones, unless one of them was in vain."""

from core.context import Context
from core.events.people import RetryRequested
from core.flow.decision import Decision, decides, refused
from core.flow.plan import plan
from core.release.model import Model
from core.words import Stage


@decides(RetryRequested)
def retried(model: Model, event: RetryRequested, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release = model.releases[event.release]
    run, failure = release.current_step(), release.failure()
    assert run is not None
    if failure is not None and failure.retry_from is not None:
        return plan(model, release, event, context, step=failure.retry_from, stage=Stage.TST)
    return plan(model, release, event, context, step=run.step, stage=run.stage)
