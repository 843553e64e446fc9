"""What every fold needs: its place in the table by event, and one release of a model changed."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec

from core.events.base import Event
from core.release.model import Model
from core.release.packed import joined
from core.release.release import Release
from core.release.state import StepEnd, StepRun
from core.words import ReleaseId

replace = msgspec.structs.replace
E = TypeVar("E", bound=Event)
FOLDS: Final[dict[type[Event], Callable[[Model, Any], Model]]] = {}


def folds(kind: type[E]) -> Callable[[Callable[[Model, E], Model]], Callable[[Model, E], Model]]:
    """The decorated function makes the model that comes after an event of this kind."""

    def register(function: Callable[[Model, E], Model]) -> Callable[[Model, E], Model]:
        FOLDS[kind] = function
        return function

    return register


def touched(events: Iterable[Event]) -> tuple[ReleaseId, ...]:
    """The releases that these events can have moved, in the order in which they are named."""
    named = (getattr(event, "release", None) for event in events)
    return tuple(dict.fromkeys(release for release in named if release))


def change(model: Model, event: Event, release: ReleaseId, **changes: Any) -> Model:
    """One release changed; an event about a release that is not ours moves nothing.

    An event moves only the release that it names: snapshots and ``Ledger.release`` rely on it.
    """
    assert release in touched([event])
    known = model.releases.get(release)
    if known is None:
        return model
    return with_release(model, replace(known, changed=event.time, **changes))


def with_end(
    release: Release, how: StepEnd, *, key: str = "", is_open: bool = False
) -> dict[str, StepRun]:
    """The release's steps, of which one has ended so: the newest one when none is named.

    ``is_open``: only if it has not ended yet.
    """
    key = key or next(reversed(release.steps), "")
    run = release.steps.get(key)
    if run is None or (is_open and (run.ended or run.finished)):
        return release.steps
    return {**release.steps, key: replace(run, ended=how)}


def with_release(model: Model, release: Release) -> Model:
    """The model with a release that is new or has changed, and with who is live kept in step."""
    live = model.live_ids
    if release.is_final:
        live = tuple(known for known in live if known != release.id)
    elif release.id not in live:
        live = (*live, release.id)
    releases = joined(model.releases, {release.id: release})
    return replace(model, releases=releases, live_ids=live)
