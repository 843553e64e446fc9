"""Who proposes a commit to count contributors from, and who agrees: as with a promotion to PROD."""

import re
from collections.abc import Iterator
from typing import Final

from core.authority import conditions, contributors
from core.authority.acts import AgreeBase, BaseAct, DeclineBase, ProposeBase
from core.authority.conditions import Question
from core.authority.four_eyes import excluded, why_excluded
from core.authority.ruling import Condition, Ruling, barred, met, missing
from core.words import Stage

COMMIT_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

NO_COMMIT: Final = "{commit!r} is not the id of a commit. Nothing was proposed; give all of its id."
NO_REASON: Final = (
    "A base needs its reason: what lies before it is not looked at. Nothing was proposed."
)
NOT_YOURS: Final = "Only members of {team} propose a base for it. Nothing was proposed."
GONE: Final = "This card is out of date: another base was proposed since, or none is needed."
DECIDED: Final = "This was decided before: {outcome} by {name}."
PROPOSED: Final = "You may not decide about this: you proposed it."
HAND: Final = "You may not decide about this: you {did}."


def rule(question: Question, act: BaseAct) -> Iterator[Ruling]:
    return _propose(question, act) if isinstance(act, ProposeBase) else _decide(question, act)


def _propose(question: Question, act: ProposeBase) -> Iterator[Ruling]:
    yield conditions.identity(question, conditions.team_can(question))
    yield _team_or_platform(question)
    is_one = bool(COMMIT_ID.fullmatch(act.commit))
    no_commit = NO_COMMIT.format(commit=act.commit[:80])
    yield met(Condition.WORDS) if is_one else missing(Condition.WORDS, no_commit)
    yield conditions.written((act.reason,), NO_REASON)


def _decide(question: Question, act: AgreeBase | DeclineBase) -> Iterator[Ruling]:
    """Who had a hand in what is counted, or in the newest of what is not, gains by it."""
    yield conditions.identity(question, "Sign in as yourself and press again.")
    is_open = _open(question, act)
    yield is_open
    if not is_open.is_met:
        return
    yield _four_eyes(question)
    yield conditions.group(question, Stage.PROD)
    if isinstance(act, DeclineBase):
        yield conditions.written((act.reason,), conditions.NO_REASON)


def _team_or_platform(question: Question) -> Ruling:
    person, release = question.person, question.release
    name = conditions.team_of(release, question.context)
    groups = (name, *question.context.policy.platform_team)
    if person is None or any(person.is_member(group) for group in groups):
        return met(Condition.TEAM)
    reason = NOT_YOURS.format(team=name or "its team")
    return barred(Condition.TEAM, reason, conditions.team_can(question))


def _open(question: Question, act: AgreeBase | DeclineBase) -> Ruling:
    """Hands are counted in the release that is named: of another one it would hide what it has."""
    base = question.model.base
    if base is None or (base.id, base.release) != (act.base, act.release):
        return barred(Condition.OPEN, GONE)
    if base.outcome:
        name = base.decided_by.name if base.decided_by else "nobody"
        return barred(Condition.OPEN, DECIDED.format(outcome=base.outcome, name=name))
    return met(Condition.OPEN)


def _four_eyes(question: Question) -> Ruling:
    base, person = question.model.base, question.person
    who_can = conditions.who_decides(question.context.policy, Stage.PROD)
    if base is None or person is None:
        return met(Condition.FOUR_EYES)
    if why_excluded(person, dict.fromkeys(base.proposed_by.names, "proposed it")):
        return barred(Condition.FOUR_EYES, PROPOSED, who_can)
    counted = question.context.contributors
    if counted is None or not counted.found:
        return contributors.NOT_COUNTED
    if did := why_excluded(person, excluded(question.release, counted)):
        return barred(Condition.FOUR_EYES, HAND.format(did=did), who_can)
    return met(Condition.FOUR_EYES)
