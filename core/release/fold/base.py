"""Events that move the base from which contributors are counted."""

import msgspec

from core.events.derived import BaseAgreed, BaseAsked, BaseDeclined
from core.release.base import Base
from core.release.fold.folds import folds
from core.release.model import JUDGED, Model

replace = msgspec.structs.replace


@folds(BaseAsked)
def _asked(model: Model, event: BaseAsked) -> Model:
    """A newer proposal takes the place of an undecided one."""
    base = Base(
        id=event.base, release=event.release, commit=event.commit, reason=event.reason,
        proposed_by=event.by, proposed=event.time,
    )  # fmt: skip
    return replace(model, base=base)


@folds(BaseAgreed)
def _agreed(model: Model, event: BaseAgreed) -> Model:
    model = _decided(model, event, "agreed")
    return replace(model, bases=dict.fromkeys(JUDGED, event.commit), agreed=model.base)


@folds(BaseDeclined)
def _declined(model: Model, event: BaseDeclined) -> Model:
    return _decided(model, event, "declined")


def _decided(model: Model, event: BaseAgreed | BaseDeclined, outcome: str) -> Model:
    if model.base is None or model.base.id != event.base:
        return model
    base = replace(
        model.base, outcome=outcome, decided_by=event.by, decided=event.time, comment=event.comment
    )
    return replace(model, base=base)
