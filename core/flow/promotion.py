"""A stage is requested, and another person decides about it."""

from typing import Final

from core.authority.binding import approval_id, bound, digest
from core.context import Context
from core.events.derived import PromotionApproved, PromotionRejected, PromotionRequested
from core.events.people import ApprovalDecided, StageRequested
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, refused
from core.flow.plan import plan
from core.flow.voiding import voided
from core.reading import champion_id
from core.release.model import Model
from core.release.release import Release
from core.words import Step

ASKED_ANEW: Final = "{stage} was asked for anew, as this request was no longer good."
NEWER_ASKS: Final = "{release} asks for {stage} now, and is newer: this ended with that."


@decides(StageRequested)
def requested(model: Model, event: StageRequested, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release, stage = model.releases[event.release], event.stage
    values = bound(model, release, stage, context.policy)
    approval = approval_id(release, stage, digest(values))
    asked = follows(
        event, PromotionRequested, context,
        release=release.id, stage=stage, approval=approval, digest=digest(values), bound=values,
        requester=event.by, purpose=event.purpose.strip(),
        expected_outcome=event.expected_outcome.strip(),
        fall_back=model.held(stage), policy=context.policy.digest,
        contributors=context.contributors,
    )  # fmt: skip
    ended = _ended(model, release, event, context)
    before = release.promotion_to(stage)  # its card says what became of the stage since
    shown = (before.approval, approval) if before else (approval,)
    approvals = (CardRef("approval", each) for each in shown)
    cards = (*ended.cards, CardRef("release", release.id), *approvals)
    return Decision(events=(*ended.events, asked), jobs=ended.jobs, cards=cards)


def _ended(model: Model, release: Release, event: StageRequested, context: Context) -> Decision:
    """What the new request takes the place of: its own one that is no longer good, or older ones.

    That a promotion under way is not among them, nor a newer release's, was ruled before.
    """
    reason = ASKED_ANEW if release.open_promotion() else NEWER_ASKS
    words = reason.format(release=release.id, stage=event.stage)
    return voided(model, model.live(), event, context, stage=event.stage, reason=words)


@decides(ApprovalDecided)
def decided(model: Model, event: ApprovalDecided, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release = model.releases[event.release]
    promotion = release.promotions[event.approval]
    about = {
        "release": release.id, "stage": promotion.stage, "approval": promotion.approval,
        "by": event.by, "comment": event.comment.strip(), "champion": champion_id(model, release),
    }  # fmt: skip
    cards = (CardRef("release", release.id), CardRef("approval", promotion.approval))
    if not event.approved:
        return Decision(events=(follows(event, PromotionRejected, context, **about),), cards=cards)
    counted = context.contributors
    yes = follows(event, PromotionApproved, context, contributors=counted, **about)
    planned = plan(model, release, event, context, step=Step.PROMOTE, stage=promotion.stage)
    return Decision(events=(yes, *planned.events), jobs=planned.jobs, cards=cards)
