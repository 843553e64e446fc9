"""Somebody withdraws a request or gives a promotion up: its stage is free for others again."""

from typing import Final

import msgspec

from core.context import Context
from core.events.people import PromotionGivenUp, RequestWithdrawn
from core.flow.decision import Decision, decides, refused
from core.flow.registry import observe
from core.flow.voiding import voided
from core.release.model import Model

WITHDRAWN: Final = "{name} withdrew the request for {stage}{why}."
GIVEN_UP: Final = "{name} gave up promoting it to {stage}{why}."


@decides(RequestWithdrawn)
def withdrawn(model: Model, event: RequestWithdrawn, context: Context) -> Decision:
    no = refused(model, event, context)
    return no if no is not None else _freed(model, event, context, WITHDRAWN)


@decides(PromotionGivenUp)
def given_up(model: Model, event: PromotionGivenUp, context: Context) -> Decision:
    """The registry is read once more: a promotion that failed may have moved the stage half-way."""
    no = refused(model, event, context)
    if no is not None:
        return no
    freed = _freed(model, event, context, GIVEN_UP)
    return msgspec.structs.replace(freed, jobs=(*freed.jobs, observe(model, event)))


def _freed(
    model: Model, event: RequestWithdrawn | PromotionGivenUp, context: Context, words: str
) -> Decision:
    why = f": {event.reason.strip().rstrip('.')}" if event.reason.strip() else ""
    reason = words.format(name=event.by.name, stage=event.stage, why=why)
    release = model.releases[event.release]
    return voided(model, (release,), event, context, stage=event.stage, reason=reason)
