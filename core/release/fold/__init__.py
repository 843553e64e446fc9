"""Fold events into the state of a model: one small function per event that moves it."""

from collections.abc import Iterable
from typing import Final

import msgspec

from core.events.base import Event
from core.release.fold import base, promotion, pushes, registry, release
from core.release.fold.folds import FOLDS
from core.release.model import Model

MOVERS: Final = (base, release, promotion, registry, pushes)


def fold(model: Model, event: Event) -> Model:
    """The state after the event; an event that moves nothing still raises the version."""
    moves = FOLDS.get(type(event))
    moved = moves(model, event) if moves else model
    return msgspec.structs.replace(moved, version=model.version + 1)


def folded(model: Model, events: Iterable[Event]) -> Model:
    """The state after all of the events, oldest first."""
    for event in events:
        model = fold(model, event)
    return model
