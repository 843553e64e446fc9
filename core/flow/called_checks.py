"""A check of a pipeline has called: it is read at the host, or gets the answer that it had before.

Nothing that a call says is believed here; each one is a reason to look.
"""

from core.checkpoint import CheckpointKind
from core.context import Context
from core.events.outside import CheckCalled
from core.flow.decision import Decision, decides, ignored
from core.jobs import AnswerCheckpoint, ReadCheckpoint
from core.release.model import Model
from core.words import PLATFORM

NO_CHECK = "it does not name a check"


@decides(CheckCalled)
def called(_model: Model, event: CheckCalled, context: Context) -> Decision:
    """A repeated call is the same check, and no second card; each may have brought a token.

    What is known to wait needs no look: whoever repeats a call keeps nobody busy.
    """
    if not event.check.startswith(f"{CheckpointKind.CHECK}/"):
        return ignored(event, context, NO_CHECK)
    known = context.desk.checkpoints.get(event.check)
    if known is not None and known.is_open:
        return Decision()
    name, checkpoint = f"called/{event.id}", event.check
    if known is None or known.decision is None:
        return Decision(jobs=(ReadCheckpoint(id=name, stream=PLATFORM, checkpoint=checkpoint),))
    again = AnswerCheckpoint(id=name, stream=PLATFORM, checkpoint=checkpoint, is_repeated=True)
    return Decision(jobs=(again,))
