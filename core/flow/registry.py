"""What the registry holds is compared with what we placed there: one path for every dialect."""

from typing import Final

from core.context import Context
from core.events.base import Event
from core.events.derived import RegistryChangedOutside, StageLeft
from core.events.outside import RegistryHinted
from core.events.workers import RegistryObserved
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, ignored
from core.flow.voiding import voided
from core.jobs import ObserveRegistry
from core.reading import version_of
from core.release.model import Model
from core.words import ReleaseId, Stage

MOVED: Final = (
    "{stage} was moved outside of a release: it held {before} and holds {after} now. What was "
    "asked for then is void; look at the registry, then ask for {stage} anew."
)


def observe(model: Model, event: Event) -> ObserveRegistry:
    """Read the registry after this event; its commit brings the job."""
    return ObserveRegistry(id=f"observe/{event.id}", stream=model.stream, model=model.name)


@decides(RegistryHinted)
def hinted(model: Model, event: RegistryHinted, context: Context) -> Decision:
    if context.claims.get(event.model.casefold()) != model.stream:
        return ignored(event, context, f"no repository claims a model called {event.model!r}")
    return Decision(jobs=(observe(model, event),))


@decides(RegistryObserved)
def observed(model: Model, event: RegistryObserved, context: Context) -> Decision:
    decision = Decision()
    for stage, found in model.differing(event.holders).items():
        if not _is_explained(model, stage, found, event):
            decision = _joined(decision, _changed(model, stage, found, event, context))
    return decision


def _changed(
    model: Model, stage: Stage, found: str, event: RegistryObserved, context: Context
) -> Decision:
    """What waits for the stage was asked for in another world, and ends.

    A promotion under way is left to its step, which reads the registry itself before it moves.
    """
    changed = follows(
        event, RegistryChangedOutside, context,
        model=event.model, stage=stage, expected=model.held(stage), found=found,
    )  # fmt: skip
    lost = left(model, stage, found, event, context)
    reason = MOVED.format(stage=stage, before=_named(model.held(stage)), after=_named(found))
    waiting = (release for release in model.live() if not release.is_under_way(stage))
    ended = voided(model, waiting, event, context, stage=stage, reason=reason)
    cards = (CardRef("registry", f"{model.stream}/{changed.id}"), *ended.cards)
    return Decision(events=(changed, *lost, *ended.events), jobs=ended.jobs, cards=cards)


def left(
    model: Model, stage: Stage, found: str, event: Event, context: Context, *, by: str = ""
) -> tuple[StageLeft, ...]:
    """What the release that held the stage loses, when another version has it now."""
    before = model.holders.get(stage)
    release = model.releases.get(ReleaseId(before.release)) if before else None
    if before is None or release is None or before.version == found:
        return ()
    owner = version_of(model, found) if found and not by else None
    lost = follows(
        event, StageLeft, context,
        release=release.id, stage=stage, version=before.version, found=found,
        by=owner.id if owner else by,
    )  # fmt: skip
    return (lost,)


def _joined(first: Decision, second: Decision) -> Decision:
    return Decision(
        events=first.events + second.events,
        jobs=first.jobs + second.jobs,
        cards=first.cards + second.cards,
    )


def _named(version: str) -> str:
    return f"version {version}" if version else "no version"


def _is_explained(model: Model, stage: Stage, found: str, event: RegistryObserved) -> bool:
    holder = model.holders.get(stage)
    if holder is not None and holder.noted > event.known:
        return True  # it was noted while the registry was read: the next reading tells
    return any(
        release.is_under_way(stage)
        and release.registered is not None
        and release.registered.version == found
        for release in model.live()
    )  # our own promotion has moved it and its result is still on the way
