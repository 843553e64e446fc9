"""What the registry holds is compared with what we placed there: one path for every dialect."""

from core.events import Event, RegistryChangedOutside, RegistryHinted, RegistryObserved
from core.flow.decision import CardRef, Context, Decision, decides, follows, ignored
from core.jobs import ObserveRegistry
from core.release import Model, State
from core.words import Stage


@decides(RegistryHinted)
def hinted(model: Model, event: RegistryHinted, context: Context) -> Decision:
    if context.claims.get(event.model.casefold()) != model.stream:
        return ignored(event, context, f"no repository claims a model called {event.model!r}")
    job = ObserveRegistry(id=f"observe/{event.id}", stream=model.stream, model=event.model)
    return Decision(jobs=(job,))


@decides(RegistryObserved)
def observed(model: Model, event: RegistryObserved, context: Context) -> Decision:
    events: list[Event] = []
    for stage in (Stage.QA, Stage.PROD):
        found = event.holders.get(stage, "")
        if _is_known(model, stage, found, event):
            continue
        holder = model.holders.get(stage)
        changed = follows(
            event, RegistryChangedOutside, context,
            model=event.model, stage=stage, expected=holder.version if holder else "", found=found,
        )  # fmt: skip
        events.append(changed)
    cards = [CardRef("registry", f"{model.stream}/{found.id}") for found in events]
    return Decision(events=tuple(events), cards=tuple(cards))


def _is_known(model: Model, stage: Stage, found: str, event: RegistryObserved) -> bool:
    holder = model.holders.get(stage)
    if found == (holder.version if holder else ""):
        return True
    if holder is not None and holder.since >= event.read_at:
        return True  # read before our own placing was noted
    return any(
        release.state in {State.PROMOTING, State.FAILED, State.STUCK}
        and release.stage is stage
        and release.registered is not None
        and release.registered.version == found
        for release in model.releases.values()
    )  # our own promotion has moved it and its result is still on the way
