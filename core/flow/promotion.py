"""A stage is requested, and another person decides about it."""

from core.authority.approval import approval_id, approvers, digest, excluded, who_can, why_not
from core.events.derived import PromotionApproved, PromotionRejected, PromotionRequested
from core.events.people import ApprovalDecided, StageRequested
from core.flow.acceptance import identity_problem, refuse, team_problem
from core.flow.checks import blocking
from core.flow.decision import CardRef, Context, Decision, decides, follows
from core.flow.steps import plan
from core.policy import Policy
from core.release.model import Model
from core.release.release import Release
from core.release.state import State
from core.words import ReleaseId, Stage, Step


@decides(StageRequested)
def requested(model: Model, event: StageRequested, context: Context) -> Decision:
    release = model.releases.get(event.release)
    reason, who = _why_no_request(model, release, event, context)
    if release is None or reason:
        words = (f"request {event.stage}", reason, who)
        return refuse(event, context, (event.release, event.by), words)
    bound = digest(release, policy=context.policy.digest)
    approval = approval_id(release, event.stage, bound)
    holder = model.holders.get(event.stage)
    asked = follows(
        event, PromotionRequested, context,
        release=release.id, stage=event.stage, approval=approval, digest=bound,
        requester=event.by, purpose=event.purpose.strip(),
        expected_outcome=event.expected_outcome.strip(),
        fall_back=holder.version if holder else "", policy=context.policy.digest,
    )  # fmt: skip
    cards = (CardRef("release", release.id), CardRef("approval", approval))
    return Decision(events=(asked,), cards=cards)


@decides(ApprovalDecided)
def decided(model: Model, event: ApprovalDecided, context: Context) -> Decision:
    release = model.releases.get(event.release)
    reason, who = _why_no_decision(model, release, event, context)
    if release is None or reason:
        what = "approve" if event.approved else "reject"
        return refuse(event, context, (event.release, event.by), (what, reason, who))
    promotion = release.open_promotion()
    assert promotion is not None
    about = {
        "release": release.id, "stage": promotion.stage, "approval": promotion.approval,
        "by": event.by, "comment": event.comment.strip(),
    }  # fmt: skip
    cards = (CardRef("release", release.id), CardRef("approval", promotion.approval))
    if not event.approved:
        return Decision(events=(follows(event, PromotionRejected, context, **about),), cards=cards)
    yes = follows(event, PromotionApproved, context, **about)
    planned = plan(model, release, event, context, step=Step.PROMOTE, stage=promotion.stage)
    return Decision(events=(yes, *planned.events), jobs=planned.jobs, cards=cards)


def _why_no_request(
    model: Model, release: Release | None, event: StageRequested, context: Context
) -> tuple[str, str]:
    if release is None or release.checked is None:
        return f"There is no release {event.release} to promote.", ""
    person = identity_problem(event.by, context) or team_problem(
        event.by, release, "request a stage"
    )
    if person:
        return person, f"A member of {release.team} can."
    if release.state not in {State.REGISTERED, State.PLACED}:
        return f"{release.id} is {release.state}: only a registered version can be promoted.", ""
    problem = order_problem(model, release, event.stage, context.policy)
    if problem:
        return problem, ""
    if not event.purpose.strip() or not event.expected_outcome.strip():
        return "A request needs its purpose and its expected outcome. Nothing was requested.", ""
    blocked = blocking(release.checked, context.policy, event.stage)
    return (f"The gate blocks {event.stage}: {blocked}", "Mend and push.") if blocked else ("", "")


def order_problem(model: Model, release: Release, stage: Stage, policy: Policy) -> str:
    """One open promotion per stage, stages in order, and no older release over a newer one."""
    if stage is Stage.TST:
        return "TST is where every release runs already: request QA or PROD."
    before = policy.stage_order.get(stage, "")
    passed = {name for name, found in release.promotions.items() if found.outcome == "placed"}
    if stage in passed:
        return f"{release.id} was placed on {stage} already."
    if before and Stage(before) not in passed:
        return f"{stage} comes after {before}: request {before} first."
    holder = model.holders.get(stage)
    held = model.releases.get(ReleaseId(holder.release)) if holder else None
    if held is not None and held.number > release.number:
        return f"{stage} holds the newer {held.id}: an older release never replaces it."
    others = (found for found in model.live() if found.id != release.id)
    busy = next((found for found in others if _is_open(found, stage)), None)
    return f"{busy.id} has an open promotion to {stage}: it must end first." if busy else ""


def _is_open(release: Release, stage: Stage) -> bool:
    promotion = release.promotions.get(stage)
    return promotion is not None and promotion.outcome in {"", "approved"} and not release.is_final


def _why_no_decision(
    model: Model, release: Release | None, event: ApprovalDecided, context: Context
) -> tuple[str, str]:
    if release is None:
        return f"There is no release {event.release}.", ""
    person = identity_problem(event.by, context)
    if person:
        return person, "Sign in as yourself and press again."
    promotion = release.open_promotion()
    if promotion is None or promotion.approval != event.approval:
        return _closed(release, event), ""
    who = who_can(context.policy, promotion.stage)
    barred = why_not(event.by, excluded(model, release, promotion.requester))
    if barred:
        return f"You may not decide about this: you {barred}.", who
    if not any(event.by.is_member(group) for group in approvers(context.policy, promotion.stage)):
        return f"You are in no group that decides about {promotion.stage}.", who
    if not event.approved and not event.comment.strip():
        return "A rejection needs a reason. Nothing was changed; write one and press again.", ""
    now = digest(release, policy=context.policy.digest)
    if event.approved and now != promotion.digest:
        return "The policy changed since this was asked. Reject it and let it be asked anew.", who
    return "", ""


def _closed(release: Release, event: ApprovalDecided) -> str:
    """Why an old card decides nothing any more."""
    known = (found for found in release.promotions.values() if found.approval == event.approval)
    promotion = next(known, None)
    if promotion is None:
        return f"This card is out of date: {release.id} was asked for anew or has changed."
    if promotion.outcome == "void":
        why = release.reason if release.is_final else promotion.comment
        return f"This approval is void: {why.rstrip('.')}. Nothing was decided."
    by = f" by {promotion.decided_by.name}" if promotion.decided_by else ""
    return f"This was decided before: {promotion.outcome}{by}."
