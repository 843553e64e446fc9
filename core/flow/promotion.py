"""A stage is requested, and another person decides about it."""

from core.authority.binding import approval_id, digest
from core.context import Context
from core.events.derived import PromotionApproved, PromotionRejected, PromotionRequested
from core.events.people import ApprovalDecided, StageRequested
from core.flow.decision import CardRef, Decision, decides, follows, refused
from core.flow.plan import plan
from core.release.model import Model
from core.words import Step


@decides(StageRequested)
def requested(model: Model, event: StageRequested, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release = model.releases[event.release]
    bound = digest(release, policy=context.policy.digest)
    approval = approval_id(release, event.stage, bound)
    asked = follows(
        event, PromotionRequested, context,
        release=release.id, stage=event.stage, approval=approval, digest=bound,
        requester=event.by, purpose=event.purpose.strip(),
        expected_outcome=event.expected_outcome.strip(),
        fall_back=model.held(event.stage), policy=context.policy.digest,
        contributors=context.contributors,
    )  # fmt: skip
    cards = (CardRef("release", release.id), CardRef("approval", approval))
    return Decision(events=(asked,), cards=cards)


@decides(ApprovalDecided)
def decided(model: Model, event: ApprovalDecided, context: Context) -> Decision:
    no = refused(model, event, context)
    if no is not None:
        return no
    release = model.releases[event.release]
    promotion = release.promotions[event.approval]
    about = {
        "release": release.id, "stage": promotion.stage, "approval": promotion.approval,
        "by": event.by, "comment": event.comment.strip(),
    }  # fmt: skip
    cards = (CardRef("release", release.id), CardRef("approval", promotion.approval))
    if not event.approved:
        return Decision(events=(follows(event, PromotionRejected, context, **about),), cards=cards)
    counted = context.contributors
    yes = follows(event, PromotionApproved, context, contributors=counted, **about)
    planned = plan(model, release, event, context, step=Step.PROMOTE, stage=promotion.stage)
    return Decision(events=(yes, *planned.events), jobs=planned.jobs, cards=cards)
