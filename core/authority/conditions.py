"""The conditions that rulings are made of: one function is one thing that has to hold.

Without a person a condition of people is met: what is left stands in the way whoever asks.
"""

from collections.abc import Collection

import msgspec

from core.accounts import kind_of
from core.authority.binding import changed
from core.authority.ruling import Condition, Ruling, barred, met, missing
from core.context import Context
from core.count import count
from core.people import Person
from core.policy import Policy
from core.release.model import Model
from core.release.promotion import Promotion
from core.release.release import Release
from core.release.state import State
from core.results import Checked
from core.words import ApprovalId, ReleaseId, Stage

UNVERIFIED = "Nobody knows who you are here: the identity was not verified. Nothing was decided."
NOBODY = "Nobody (platform.yml names no team)"
NO_TEAM = "Set the repository's `team` in platform.yml."
NOT_ACTIVE = "Your account is disabled in the directory. Nothing was decided."
A_SERVICE = "This is the account of a {kind}, and only people decide. Nothing was decided."
NO_REASON = "A rejection needs a reason. Nothing was changed; write one and press again."
NO_PURPOSE = "A request needs its purpose and its expected outcome. Nothing was requested."
NOT_BOUND = (
    "Since this was asked, {what} changed. It cannot be approved any more: ask for {stage} anew."
)
HOW_IT_ENDS = "`withdraw {release} {stage}` or `give up {release} {stage}` ends it."
TST_IS_NO_REQUEST = "TST is where every release runs already: request QA or PROD."


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks about which release, in which world."""

    person: Person | None
    model: Model
    release: Release
    context: Context


def identity(question: Question, who_can: str) -> Ruling:
    return known(question.person, question.context, who_can)


def known(person: Person | None, context: Context, who_can: str) -> Ruling:
    """Only a verified person decides, and no service; a picked one only where all is local.

    Whoever is not active any more decides nothing.
    """
    if person is not None and not person.is_active:
        return barred(Condition.IDENTITY, NOT_ACTIVE, who_can)
    if person is not None and (kind := kind_of(person.id)):
        return barred(Condition.IDENTITY, A_SERVICE.format(kind=kind), who_can)
    if person is None or person.identity == "verified":
        return met(Condition.IDENTITY)
    if person.identity == "local_unverified" and context.is_local:
        return met(Condition.IDENTITY)
    return barred(Condition.IDENTITY, UNVERIFIED, who_can)


def team_of(release: Release, context: Context) -> str:
    """Whose a release is: what platform.yml says now counts, never what a repository says."""
    return (context.repository.team if context.repository else release.team).strip()


def the_team(release: Release, context: Context) -> str:
    """Who accepts, requests, mends and retries."""
    found = team_of(release, context)
    return f"A member of {found}" if found else NOBODY


def team_can(question: Question) -> str:
    return f"{the_team(question.release, question.context)} can."


def team(question: Question, does: str) -> Ruling:
    name = team_of(question.release, question.context)
    who_can = f"A member of {name} can." if name else NO_TEAM
    is_there = question.person is None and bool(name)
    if is_there or (question.person and question.person.is_member(name)):
        return met(Condition.TEAM, who_can)
    reason = f"Only members of {name or 'its team'} {does}. Nothing was changed."
    return barred(Condition.TEAM, reason, who_can)


def state(question: Question, wanted: Collection[State], reason: str, who_can: str = "") -> Ruling:
    release = question.release
    if release.state in wanted:
        return met(Condition.STATE)
    says = barred if release.is_final else missing
    return says(Condition.STATE, f"{release.id} is {release.state}{reason}", who_can)


def written(texts: Collection[str | None], reason: str) -> Ruling:
    """What has not been asked for yet (None) is not missed."""
    if all(text is None or text.strip() for text in texts):
        return met(Condition.WORDS)
    return missing(Condition.WORDS, reason)


def findings_before(checked: Checked | None, policy: Policy, gate: str) -> str:
    """Which open checks stand before a gate (run, acceptance, QA, PROD), or ""."""
    results = checked.checks if checked else ()
    found = [(check.check, blocks) for check in results if (blocks := policy.blocking(check, gate))]
    if not found:
        return ""
    total = count(sum(each for _, each in found), "finding")
    return f"{total} to mend first ({', '.join(check for check, _ in found)})."


def gate(question: Question, name: str, what_next: str) -> Ruling:
    found = findings_before(question.release.checked, question.context.policy, name)
    if not found:
        return met(Condition.GATE)
    return missing(Condition.GATE, f"The gate blocks {name}: {found}", what_next)


def order(question: Question, stage: Stage) -> Ruling:
    """One open promotion per stage, stages in order, no older release over a newer approved one."""
    model, release = question.model, question.release
    before = question.context.policy.stage_order.get(stage, "")
    if stage is Stage.TST:
        return barred(Condition.ORDER, TST_IS_NO_REQUEST)
    if _holds(model, release, stage):
        return barred(Condition.ORDER, f"{release.id} holds {stage} already.")
    if before and before not in release.placed:
        return missing(Condition.ORDER, f"{stage} comes after {before}: request {before} first.")
    holder = model.holders.get(stage)
    held = model.releases.get(ReleaseId(holder.release)) if holder else None
    if held is not None and stage in held.placed and held.number > release.number:
        reason = f"{stage} holds the newer {held.id}: an older release never replaces it."
        return barred(Condition.ORDER, reason)
    busy = next((found for found in model.live() if _stands_before(found, release, stage)), None)
    if busy is not None:
        reason = f"{busy.id} has an open promotion to {stage}: it must end first."
        return missing(Condition.ORDER, reason, HOW_IT_ENDS.format(release=busy.id, stage=stage))
    return met(Condition.ORDER)


def _holds(model: Model, release: Release, stage: Stage) -> bool:
    """The present holder is asked, and only what was placed there by an approval counts."""
    version = release.registered.version if release.registered else ""
    return bool(version) and model.held(stage) == version and stage in release.placed


def _stands_before(other: Release, release: Release, stage: Stage) -> bool:
    """A newer release's request ends an older one, unless its promotion is under way."""
    promotion = other.promotion_to(stage)
    if other.id == release.id or promotion is None or not promotion.is_waiting:
        return False
    return other.is_under_way(stage) or other.number > release.number


def still_open(release: Release, approval: ApprovalId) -> Ruling:
    """An old card decides nothing any more, and says why."""
    promotion = release.promotions.get(approval)
    if promotion is None or release.promotion_to(promotion.stage) is not promotion:
        reason = f"This card is out of date: {release.id} was asked for anew or has changed."
        return barred(Condition.OPEN, reason)
    if not promotion.outcome:
        return met(Condition.OPEN)
    if promotion.outcome == "void":
        why = release.reason if release.is_final else promotion.comment
        reason = f"This approval is void: {why.rstrip('.')}. Nothing was decided."
        return barred(Condition.OPEN, reason)
    by = f" by {promotion.decided_by.name}" if promotion.decided_by else ""
    return barred(Condition.OPEN, f"This was decided before: {promotion.outcome}{by}.")


def approvers(policy: Policy, stage: Stage) -> tuple[str, ...]:
    """The groups whose members may decide about a stage."""
    return tuple(name for name in policy.approvers.get(stage, ()) if name.strip())


def an_approver(policy: Policy, stage: Stage) -> str:
    """Who decides about a stage, in words."""
    groups = " or ".join(approvers(policy, stage))
    return f"a member of {groups}" if groups else "nobody (the policy names no group)"


def group(question: Question, stage: Stage) -> Ruling:
    policy, person = question.context.policy, question.person
    who_can = who_decides(policy, stage)
    if person is None or any(person.is_member(name) for name in approvers(policy, stage)):
        return met(Condition.GROUP, who_can)
    return barred(Condition.GROUP, f"You are in no group that decides about {stage}.", who_can)


def still_bound(question: Question, promotion: Promotion) -> Ruling:
    what = changed(question.model, question.release, promotion, question.context.policy)
    if not what:
        return met(Condition.BOUND)
    reason = NOT_BOUND.format(what=what, stage=promotion.stage)
    return missing(Condition.BOUND, reason, team_can(question))


def may_ask_anew(question: Question, stage: Stage) -> bool:
    """Whether an undecided request for the stage is no longer good: asking again ends it."""
    promotion = question.release.open_promotion()
    if promotion is None or promotion.stage is not stage:
        return False
    return not still_bound(question, promotion).is_met


def who_decides(policy: Policy, stage: Stage) -> str:
    who = an_approver(policy, stage)
    return f"{who[0].upper()}{who[1:]} can who had no hand in it."
