"""Which cards show what of another release, and which of them an event makes untrue.

A card is brought up to date when something happens to what it is about; what decides about that
names it. Besides, these show what changes through others:

| card | shows | which changes with |
|---|---|---|
| release | that it holds a stage, or what took its place | the holders |
| release, acceptance, approval, while open | what differs from the champion | PROD's holder |
| release, approval, while open | buttons: newer ones and other requests bar them | other releases |
| approval, after it was placed | that it holds the stage, or what took its place | the holders |
| registry | that the stage holds what was found still | the holders |
| base, while undecided | that somebody has to decide | a placing on PROD |
| those of open releases | the base that people agreed to | the model |
| release, while its gate asks | who pays, as somebody answered | the model |
| release | its figures against those of the one before | what the gate says of that |

What has ended shows what was true then, and is not drawn again: a release that PROD has passed by,
that was rejected or superseded, an approval that was decided. So few cards follow from an event.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import takewhile
from operator import ne
from typing import Any, Final

import msgspec

from core.authority.acts import ApproveStage, RequestStage
from core.authority.evaluate import may
from core.context import Context
from core.events.base import Event
from core.events.derived import (
    ApprovalVoided,
    BaseAgreed,
    PromotionApproved,
    PromotionRejected,
    PromotionRequested,
    RegistryChangedOutside,
    ReleaseStuck,
    ReleaseSuperseded,
    StagePlaced,
    StepFailed,
    StepPlanned,
    VersionRegistered,
)
from core.events.workers import StepFinished
from core.reading import champion_of, has_passed, held_by, version_of
from core.release.fold import folded
from core.release.fold.folds import touched
from core.release.model import JUDGED, Model
from core.release.release import Release
from core.release.state import State
from core.words import Stage, Step

REACHES_OTHERS: Final = (
    ApprovalVoided, BaseAgreed, PromotionApproved, PromotionRejected, PromotionRequested,
    RegistryChangedOutside, ReleaseStuck, StagePlaced, VersionRegistered,
)  # fmt: skip
MOST: Final = 50  # releases whose cards follow from one event: the newest of those that are open


class CardRef(msgspec.Struct, frozen=True):
    """A card that must be brought up to date after the commit."""

    card: str
    subject: str


def of_others(model: Model, events: Iterable[Event], context: Context) -> tuple[CardRef, ...]:
    """The cards that show something else after the events, also where they name another release."""
    happened = tuple(events)
    compared = tuple(_compared(model, happened))
    if not any(_reaches_others(model, event) for event in happened):
        return compared
    after = folded(model, happened)
    world = msgspec.structs.replace(context, contributors=None)  # of one release alone
    found = (
        card
        for release in _concerned(model, after, happened)
        if release.id in model.releases
        for card in _changed(model.releases[release.id], release, (model, after), world)
    )
    return (*compared, *found, *_outside(model, after), *_base(model, after))


def _reaches_others(model: Model, event: Event) -> bool:
    """Most events do not, so that nothing is folded for them."""
    match event:
        case ReleaseSuperseded() if model.releases[event.release].open_promotion():
            return True
        case StepFailed() | StepPlanned() if event.stage in JUDGED:
            return True
    if isinstance(event, REACHES_OTHERS):
        return True
    named = (model.releases.get(release) for release in touched([event]))
    return any(release.state is State.STUCK for release in named if release)


def _compared(model: Model, events: Iterable[Event]) -> Iterator[CardRef]:
    """The card whose figures are compared with those that the gate has of an older one only now."""
    for event in events:
        if isinstance(event, StepFinished) and event.step is Step.CHECK:
            newer = takewhile(partial(ne, event.release), reversed(tuple(model.releases)))
            told = [each for each in newer if model.releases[each].checks]
            yield from (CardRef("release", each) for each in told[-1:])


def _concerned(before: Model, after: Model, events: Iterable[Event]) -> Iterator[Release]:
    """Whom they name, who held or holds a stage, and who may still come after PROD's holder."""
    versions = {model.held(stage) for model in (before, after) for stage in JUDGED} - {""}
    owners = (version_of(after, version) for version in sorted(versions))
    named = [release for release in touched(events) if release in after.releases]
    named += [release.id for release in owners if release]
    is_open = (
        release.id
        for release in after.live()
        if release.is_candidate and not (has_passed(before, release) and has_passed(after, release))
    )
    return (after.releases[each] for each in dict.fromkeys((*named, *tuple(is_open)[-MOST:])))


def _changed(
    was: Release, release: Release, models: tuple[Model, Model], context: Context
) -> Iterator[CardRef]:
    before, after = models
    shown = _shown(before, was, context), _shown(after, release, context)
    if shown[0] == shown[1]:
        return
    yield CardRef("release", release.id)
    if release.state is State.AWAITING_ACCEPTANCE:
        yield CardRef("acceptance", release.id)
    if State.STUCK in {was.state, release.state}:
        yield CardRef("problem", release.id)
    for stage in JUDGED:
        promotion = release.promotion_to(stage)
        if promotion is not None and promotion.outcome in {"", "approved", "placed"}:
            yield CardRef("approval", promotion.approval)


def _shown(model: Model, release: Release, context: Context) -> tuple[Any, ...]:
    """All that a release's cards show of others and of its model, or that several of them show."""
    champion, promotion = champion_of(model, release), release.open_promotion()
    is_passed = has_passed(model, release)
    acts = [RequestStage(release=release.id, stage=stage) for stage in JUDGED]
    approve = (
        may(None, ApproveStage(release=release.id, approval=promotion.approval), model, context)
        if promotion
        else None
    )
    return (
        champion.id if champion else "",
        "" if is_passed else (Stage.PROD in model.holders, model.held(Stage.PROD)),
        held_by(model, release),
        [may(None, act, model, context).is_met for act in acts if not is_passed],
        approve.reason if approve else "",
        model.agreed_base(*JUDGED),
        release.state is State.STUCK,
        [run.ended for run in release.steps.values() if run.step is Step.PROMOTE],
    )


def _outside(before: Model, after: Model) -> Iterator[CardRef]:
    """The card of a change from outside, while it says who approved what was found there."""
    for stage, holder in before.holders.items():
        if holder.outside and _found(before, stage) != _found(after, stage):
            yield CardRef("registry", f"{before.stream}/{holder.outside}")


def _found(model: Model, stage: Stage) -> tuple[Any, ...]:
    holder = model.holders[stage]
    owner = version_of(model, holder.version) if holder.version else None
    asked = owner.promotions.values() if owner else ()
    return (holder.outside, owner and owner.id, [each for each in asked if each.stage is stage])


def _base(before: Model, after: Model) -> Iterator[CardRef]:
    """The card of a base that nobody needs to decide about any more."""
    base = before.base
    if base and not base.outcome and (after.base is None or after.base.id != base.id):
        yield CardRef("base", base.id)
