"""What a decision is made from and brings about, and the router to the function that makes it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from core.authority.acts import PersonEvent, act_of
from core.authority.evaluate import may
from core.authority.repeats import is_repeat
from core.context import Context
from core.events.base import Event
from core.events.derived import (
    DecisionRefused,
    EventIgnored,
    ReleaseRejected,
    ReleaseSuperseded,
    StepFailed,
)
from core.flow.cards import CardRef, of_others
from core.flow.reviews import looks
from core.jobs import EndTracking, Job
from core.release.model import Model
from core.words import ReleaseId, Step

E = TypeVar("E", bound=Event)
ENDS: Final = (ReleaseRejected, ReleaseSuperseded, StepFailed)
TRACKED: Final = frozenset({Step.TRAIN, Step.SCORE, Step.EVALUATE})


class Refusal(msgspec.Struct, frozen=True):
    """``is_repeat``: it stands already, by the same person, and is no refusal to them."""

    reason: str
    who_can: str = ""
    is_repeat: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What follows: more events, jobs, cards to show, and a refusal to tell the person."""

    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()
    cards: tuple[CardRef, ...] = ()
    refusal: Refusal | None = None

    @property
    def told(self) -> DecisionRefused | None:
        """What the ledger keeps of a refusal."""
        return next((each for each in self.events if isinstance(each, DecisionRefused)), None)


Decide = Callable[[Model, Any, Context], Decision]
_DECIDES: dict[type[Event], Decide] = {}


def decides(event: type[E]) -> Callable[[Callable[[Model, E, Context], Decision]], Decide]:
    def register(function: Callable[[Model, E, Context], Decision]) -> Decide:
        _DECIDES[event] = function
        return function

    return register


def decide(model: Model, event: Event, context: Context) -> Decision:
    """Total: an event that nobody decides about is recorded, and nothing follows."""
    function = _DECIDES.get(type(event))
    decision = function(model, event, context) if function else Decision()
    others = of_others(model, (event, *decision.events), context)
    ends = tuple(_end(model, each) for each in decision.events if _ends_its_run(model, each))
    reviews = tuple(looks(model, (event, *decision.events)))
    return msgspec.structs.replace(
        decision, jobs=(*decision.jobs, *ends, *reviews), cards=(*decision.cards, *others)
    )


def _ends_its_run(model: Model, event: Event) -> bool:
    """Whether the run of the release has to be shown as ended; what is registered came from it."""
    if not isinstance(event, ENDS):
        return False
    release = model.releases.get(event.release)
    return release is not None and release.registered is None and bool(TRACKED & set(release.steps))


def _end(model: Model, event: Event) -> EndTracking:
    release = ReleaseId(getattr(event, "release", ""))
    return EndTracking(id=f"tracking/{event.id}", stream=model.stream, release=release)


def ignored(event: Event, context: Context, reason: str) -> Decision:
    return Decision(
        events=(
            EventIgnored(
                id=f"{event.id}/ignored", time=context.now, caused_by=event.id, reason=reason
            ),
        )
    )


def refused(model: Model, event: PersonEvent, context: Context) -> Decision | None:
    """Return the refusal, which the ledger keeps, or None when the person may do it."""
    act = act_of(event)
    ruling = may(event.by, act, model, context)
    if ruling.is_met:
        return None
    if is_repeat(event, model, context.desk):
        return Decision(refusal=Refusal(ruling.reason, ruling.who_can, is_repeat=True))
    told = follows(
        event, DecisionRefused, context,
        release=getattr(event, "release", ReleaseId("")), by=event.by, what=act.name,
        reason=ruling.reason, who_can=ruling.who_can,
    )  # fmt: skip
    return Decision(events=(told,), refusal=Refusal(ruling.reason, ruling.who_can))


def follows(event: Event, name: type[E], context: Context, **fields: Any) -> E:
    """Make a derived event; its id comes from its cause, its kind and what it is about."""
    about = "/".join(str(fields[key]) for key in ("release", "stage", "step") if key in fields)
    identity = "/".join(part for part in (event.id, name.__name__, about) if part)
    return name(id=identity, time=context.now, caused_by=event.id, **fields)
