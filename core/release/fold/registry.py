"""Events that move who holds a stage."""

import msgspec

from core.events.derived import RegistryChangedOutside, StageLeft, StagePlaced
from core.release.fold.folds import change, folds, with_release
from core.release.model import Holder, Model
from core.release.release import Left, Release
from core.release.state import State
from core.words import ReleaseId, Stage

replace = msgspec.structs.replace


@folds(StagePlaced)
def _placed(model: Model, event: StagePlaced) -> Model:
    release = model.releases[event.release]
    asked = release.promotion_to(event.stage)
    assert asked is not None  # nothing is placed that nobody asked for
    promotion = replace(asked, outcome="placed", rows=event.rows, placed=event.time)
    holder = Holder(
        version=event.version, release=event.release, since=event.time, noted=model.version + 1
    )
    model = replace(
        model,
        holders={**model.holders, event.stage: holder},
        bases={**model.bases, event.stage: release.commit},
        base=None if event.stage is Stage.PROD else model.base,
    )
    return change(
        model, event, event.release, state=State.PLACED, stage=event.stage, reason="",
        promotions={**release.promotions, asked.approval: promotion},
    )  # fmt: skip


@folds(RegistryChangedOutside)
def _changed_outside(model: Model, event: RegistryChangedOutside) -> Model:
    """A stage that holds nothing is held by no release, also by none without a version."""
    owners = (r.id for r in model.releases.values() if event.found and _version(r) == event.found)
    holder = Holder(
        version=event.found,
        release=next(owners, ""),
        since=event.time,
        noted=model.version + 1,
        outside=event.id,
    )
    holders = {**model.holders, event.stage: holder}
    return replace(model, holders=holders, bases=_fallen_back(model, event.stage, holder))


@folds(StageLeft)
def _left(model: Model, event: StageLeft) -> Model:
    """Nothing else of the release changes: it may wait for somebody, or be stuck, since longer."""
    release = model.releases.get(event.release)
    if release is None:
        return model
    lost = Left(since=event.time, version=event.found, release=event.by)
    return with_release(model, replace(release, left={**release.left, event.stage: lost}))


def _fallen_back(model: Model, stage: Stage, holder: Holder) -> dict[Stage, str]:
    """An older one that an approval had placed: what came since is not in force, and counts anew.

    What was moved by hand and was not approved before is no base, nor is a newer one.
    """
    owner = model.releases.get(ReleaseId(holder.release))
    if owner is None or stage not in owner.placed:
        return model.bases
    is_older = any(each.number > owner.number and stage in each.placed for each in model.live())
    return {**model.bases, stage: owner.commit} if is_older else model.bases


def _version(release: Release) -> str:
    return release.registered.version if release.registered else ""
