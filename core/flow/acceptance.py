"""The developer accepts or rejects the evaluated version."""

from core.events.base import Event
from core.events.derived import DecisionRefused, ReleaseAccepted, ReleaseRejected
from core.events.people import AcceptanceDecided
from core.flow.checks import blocking
from core.flow.decision import CardRef, Context, Decision, Refusal, decides, follows
from core.flow.steps import plan
from core.people import Person
from core.release.model import Model
from core.release.release import Release
from core.release.state import State
from core.words import ReleaseId, Stage, Step


@decides(AcceptanceDecided)
def accepted(model: Model, event: AcceptanceDecided, context: Context) -> Decision:
    release = model.releases.get(event.release)
    what = "accept" if event.accepted else "reject"
    reason, who = _why_not(release, event, context)
    if release is None or reason:
        return refuse(event, context, (event.release, event.by), (what, reason, who))
    cards = (CardRef("release", release.id), CardRef("acceptance", release.id))
    if not event.accepted:
        rejected = follows(
            event, ReleaseRejected, context,
            release=release.id, by=event.by, reason=event.reason.strip(),
        )  # fmt: skip
        return Decision(events=(rejected,), cards=cards)
    yes = follows(event, ReleaseAccepted, context, release=release.id, by=event.by)
    planned = plan(model, release, event, context, step=Step.REGISTER, stage=Stage.TST)
    return Decision(events=(yes, *planned.events), jobs=planned.jobs, cards=cards)


def refuse(
    event: Event,
    context: Context,
    about: tuple[ReleaseId, Person],
    words: tuple[str, str, str],
) -> Decision:
    """Nothing changes; the attempt is in the ledger, and the person reads the reason."""
    (release, by), (what, reason, who) = about, words
    refused = follows(
        event, DecisionRefused, context,
        release=release, by=by, what=what, reason=reason, who_can=who,
    )  # fmt: skip
    return Decision(events=(refused,), refusal=Refusal(reason, who))


def identity_problem(person: Person, context: Context) -> str:
    """Only a verified person decides; a picked one only where everything is local."""
    if person.identity == "verified":
        return ""
    if person.identity == "local_unverified" and context.is_local:
        return ""
    return "Nobody knows who you are here: the identity was not verified. Nothing was decided."


def team_problem(person: Person, release: Release, what: str) -> str:
    if person.is_member(release.team):
        return ""
    return f"Only members of {release.team or 'its team'} {what}. Nothing was changed."


def _why_not(
    release: Release | None, event: AcceptanceDecided, context: Context
) -> tuple[str, str]:
    if release is None:
        return f"There is no release {event.release}.", ""
    who = f"A member of {release.team} can."
    problem = identity_problem(event.by, context) or team_problem(
        event.by, release, "accept or reject a version"
    )
    if problem:
        return problem, who
    if release.state is not State.AWAITING_ACCEPTANCE:
        return f"{release.id} is {release.state} now and awaits no acceptance.", ""
    if not event.accepted and not event.reason.strip():
        return "A rejection needs a reason. Nothing was changed; write one and press again.", ""
    blocked = blocking(release.checked, context.policy, "acceptance") if release.checked else ""
    if event.accepted and blocked:
        return f"The gate blocks acceptance: {blocked}", "Mend them and push again."
    return "", ""
