"""What the registry holds is compared with what we placed there: one path for every dialect."""

from core.context import Context
from core.events.base import Event
from core.events.derived import RegistryChangedOutside
from core.events.outside import RegistryHinted
from core.events.workers import RegistryObserved
from core.flow.decision import CardRef, Decision, decides, follows, ignored
from core.jobs import ObserveRegistry
from core.release.model import Model
from core.release.state import State
from core.words import Stage


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
    events: list[Event] = []
    for stage, found in model.differing(event.holders).items():
        if _is_explained(model, stage, found, event):
            continue
        changed = follows(
            event, RegistryChangedOutside, context,
            model=event.model, stage=stage, expected=model.held(stage), found=found,
        )  # fmt: skip
        events.append(changed)
    cards = [CardRef("registry", f"{model.stream}/{found.id}") for found in events]
    return Decision(events=tuple(events), cards=tuple(cards))


def _is_explained(model: Model, stage: Stage, found: str, event: RegistryObserved) -> bool:
    holder = model.holders.get(stage)
    if holder is not None and holder.noted > event.known:
        return True  # it was noted while the registry was read: the next reading tells
    return any(
        release.state in {State.PROMOTING, State.FAILED, State.STUCK}
        and release.stage is stage
        and release.registered is not None
        and release.registered.version == found
        for release in model.live()
    )  # our own promotion has moved it and its result is still on the way
