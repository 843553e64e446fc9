"""Events that move a request for a stage."""

from typing import Any

import msgspec

from core.events.derived import (
    ApprovalVoided,
    PromotionApproved,
    PromotionRejected,
    PromotionRequested,
)
from core.release.fold.folds import change, folds
from core.release.model import Model
from core.release.promotion import Promotion
from core.release.release import Release
from core.release.state import State
from core.words import Stage

replace = msgspec.structs.replace


@folds(PromotionRequested)
def _requested(model: Model, event: PromotionRequested) -> Model:
    release = model.releases[event.release]
    promotion = Promotion(
        stage=event.stage, approval=event.approval, digest=event.digest,
        requester=event.requester, purpose=event.purpose,
        expected_outcome=event.expected_outcome, fall_back=event.fall_back, requested=event.time,
    )  # fmt: skip
    return change(
        model, event, event.release,
        state=State.AWAITING_APPROVAL, stage=event.stage, reason="",
        promotions={**release.promotions, event.stage: promotion}, requests=release.requests + 1,
    )  # fmt: skip


def _decided(model: Model, event: Any, outcome: str, **changes: Any) -> Model:
    release = model.releases[event.release]
    promotion = replace(
        release.promotions[event.stage],
        outcome=outcome,
        decided_by=getattr(event, "by", None),
        decided=event.time,
        comment=getattr(event, "comment", "") or getattr(event, "reason", ""),
    )
    promotions = {**release.promotions, event.stage: promotion}
    return change(model, event, event.release, promotions=promotions, **changes)


@folds(PromotionApproved)
def _promotion_approved(model: Model, event: PromotionApproved) -> Model:
    return _decided(model, event, "approved")


def _back(release: Release) -> dict[str, Any]:
    """After a request that came to nothing a release is where it was before."""
    placed = [stage for stage, found in release.promotions.items() if found.outcome == "placed"]
    if placed:
        return {"state": State.PLACED, "stage": placed[-1]}
    return {"state": State.REGISTERED, "stage": Stage.TST}


@folds(PromotionRejected)
def _promotion_rejected(model: Model, event: PromotionRejected) -> Model:
    reason = f"{event.by.name} rejected {event.stage}: {event.comment}"
    return _decided(model, event, "rejected", reason=reason, **_back(model.releases[event.release]))


@folds(ApprovalVoided)
def _voided(model: Model, event: ApprovalVoided) -> Model:
    back = _back(model.releases[event.release])
    return _decided(model, event, "void", reason=event.reason, **back)
