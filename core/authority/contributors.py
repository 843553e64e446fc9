"""Who had a hand in it has to be known, and does not decide: two conditions of approvals."""

from core.accounts import kind_of
from core.authority.conditions import Question, who_decides
from core.authority.four_eyes import excluded, why_excluded
from core.authority.mappings import can_be_mapped, how_to_map, readable
from core.authority.ruling import Condition, Ruling, barred, met, missing
from core.context import Context
from core.contributors import Contributor, Contributors, Part
from core.release.model import Model
from core.release.promotion import Promotion
from core.release.release import Release
from core.words import Stage

NOBODY_KNOWS = (
    "Nobody knows who {name} is, who {did} commit {commit} of it{more}. Nothing was decided: it "
    "could be anybody."
)
NOBODY_ANSWERS = (
    "Nobody knows who answers for the {kind} {name}, which {did} commit {commit} of it{more}. "
    "Nothing was decided: it could be anybody."
)
MORE = ", nor {count} more"
NO_NAME = (
    "Whoever {did} commit {commit} of it left no address. Nothing was decided: it could be anybody."
)
NAME_THEM = "Commit it anew with an address (`git commit --amend --reset-author --no-edit`), or "
NAME_OR_BASE = f"{NAME_THEM}propose a `base` behind it."
NOT_COUNTED = missing(
    Condition.CONTRIBUTORS,
    "Nobody counted who had a hand in it, so that nobody can be told apart from them. Nothing was "
    "decided; ask again.",
)
DID = {
    Part.AUTHOR: "wrote",
    Part.COMMITTER: "is the committer of",
    Part.PUSHER: "pushed",
    Part.CREATOR: "opened the pull request of",
    Part.TRAILER: "is named in the message of",
    Part.MAPPER: "said whose the address is in",
    Part.STARTER: "started a run of",
}
PROPOSED = "proposed the base that it is counted from"


def known(question: Question, promotion: Promotion | None = None) -> Ruling:
    """Everybody who had a hand in it has to be known: whom nobody knows may be whoever asks."""
    found = counted(question, promotion)
    if found is None and question.person is None:
        return met(Condition.CONTRIBUTORS)
    return all_known(found, question.context, NAME_OR_BASE)


def all_known(found: Contributors | None, context: Context, nameless: str) -> Ruling:
    """Nobody can be told apart from whom nobody knows; ``nameless`` helps one without a name."""
    if found is None:
        return NOT_COUNTED
    if found.problem:
        return missing(Condition.CONTRIBUTORS, found.problem)
    unknown = found.unknown()
    return _unknown(unknown, context, nameless) if unknown else met(Condition.CONTRIBUTORS)


def _unknown(found: tuple[Contributor, ...], context: Context, nameless: str) -> Ruling:
    """One is told at length, and how many others there are: each needs an answer of its own."""
    first, names = found[0], {each.name for each in found}
    about = {"did": DID[first.part], "commit": first.commit[:10]}
    if not first.name:
        return missing(Condition.CONTRIBUTORS, NO_NAME.format(**about), nameless)
    more = MORE.format(count=len(names) - 1) if len(names) > 1 else ""
    kind = kind_of(first.name)
    words = NOBODY_ANSWERS if kind else NOBODY_KNOWS
    reason = words.format(kind=kind, name=readable(first.name), more=more, **about)
    if not can_be_mapped(first.name):
        return missing(Condition.CONTRIBUTORS, reason, nameless)
    who_can = how_to_map(first.name, context)
    return missing(Condition.CONTRIBUTORS, reason, who_can)


def counted(question: Question, promotion: Promotion | None) -> Contributors | None:
    """Those who were counted just now; a card is content with those of when it was asked for."""
    counted = question.context.contributors
    return counted or (promotion.contributors if promotion else None)


def four_eyes(question: Question, promotion: Promotion) -> Ruling:
    model, release = question.model, question.release
    reasons = barring(model, release, promotion.stage, counted(question, promotion))
    found = why_excluded(question.person, reasons) if question.person else ""
    if not found:
        return met(Condition.FOUR_EYES)
    who_can = who_decides(question.context.policy, promotion.stage)
    return barred(Condition.FOUR_EYES, f"You may not decide about this: you {found}.", who_can)


def barring(
    model: Model, release: Release, stage: Stage, found: Contributors | None
) -> dict[str, str]:
    """By every name, why somebody may not decide about the stage, to follow "you".

    Who proposed what is counted from may have hidden their own hand in what lies before.
    """
    base = model.agreed_base(stage)
    proposers = base.proposed_by.names if base else ()
    return {**dict.fromkeys(proposers, PROPOSED), **excluded(release, found)}
