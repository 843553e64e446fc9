"""Events that move a request for a stage."""

from typing import Any

import msgspec

from core.events.derived import (
    ApprovalVoided,
    PromotionApproved,
    PromotionRejected,
    PromotionRequested,
)
from core.release.fold.folds import change, folds, with_end
from core.release.model import Model
from core.release.promotion import Promotion, Vote
from core.release.release import Release
from core.release.state import State, StepEnd, step_key
from core.words import Stage, Step

replace = msgspec.structs.replace


@folds(PromotionRequested)
def _requested(model: Model, event: PromotionRequested) -> Model:
    release = model.releases[event.release]
    promotion = Promotion(
        stage=event.stage, approval=event.approval, digest=event.digest,
        requester=event.requester, purpose=event.purpose,
        expected_outcome=event.expected_outcome, fall_back=event.fall_back, requested=event.time,
        contributors=event.contributors,
        bound=event.bound,
    )  # fmt: skip
    return change(
        model, event, event.release,
        state=State.AWAITING_APPROVAL, stage=event.stage, reason="",
        promotions={**release.promotions, event.approval: promotion},
    )  # fmt: skip


def _voted(model: Model, event: PromotionApproved | PromotionRejected, **changes: Any) -> Model:
    """The vote is kept with the request; today one decides."""
    approved = isinstance(event, PromotionApproved)
    release = model.releases[event.release]
    asked = release.promotions[event.approval]
    vote = Vote(by=event.by, approved=approved, comment=event.comment, time=event.time)
    outcome = "approved" if approved else "rejected"
    votes = (*asked.votes, vote)
    decided = replace(asked, votes=votes, outcome=outcome, champion=event.champion)
    promotions = {**release.promotions, event.approval: decided}
    return change(model, event, event.release, promotions=promotions, **changes)


@folds(PromotionApproved)
def _promotion_approved(model: Model, event: PromotionApproved) -> Model:
    return _voted(model, event)


def _back(release: Release) -> dict[str, Any]:
    """After a request that came to nothing a release is where it was before."""
    if release.placed:
        return {"state": State.PLACED, "stage": release.placed[-1]}
    return {"state": State.REGISTERED, "stage": Stage.TST}


@folds(PromotionRejected)
def _promotion_rejected(model: Model, event: PromotionRejected) -> Model:
    reason = f"{event.by.name} rejected {event.stage}: {event.comment}"
    return _voted(model, event, reason=reason, **_back(model.releases[event.release]))


@folds(ApprovalVoided)
def _voided(model: Model, event: ApprovalVoided) -> Model:
    release = model.releases[event.release]
    void = replace(
        release.promotions[event.approval],
        outcome="void",
        voided=event.time,
        void_reason=event.reason,
    )
    promotions = {**release.promotions, event.approval: void}
    step = step_key(Step.PROMOTE, event.stage)
    return change(
        model, event, event.release,
        promotions=promotions, reason=event.reason, **_back(release),
        steps=with_end(release, StepEnd.CANCELLED, key=step, is_open=True),
    )  # fmt: skip
