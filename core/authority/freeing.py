"""Who may end a request or a promotion that holds a stage, so that no stage is held for ever."""

from collections.abc import Iterator
from typing import Final

from core.authority.conditions import Question, identity, team_of
from core.authority.ruling import Condition, Ruling, barred, met, missing
from core.people import Person
from core.release.promotion import Promotion
from core.words import Stage

NOTHING: Final = "{release} has nothing open for {stage}{why}. Nothing was changed."
DECIDED: Final = (
    "The request of {release} for {stage} was approved{by}: it cannot be withdrawn any more. "
    "Nothing was changed."
)
GIVE_UP: Final = "`give up {release} {stage}` ends its promotion."
UNDER_WAY: Final = (
    "{release} is being promoted to {stage} right now, and nobody stops that half-way. Nothing was "
    "changed; look again when it is placed, has failed or is stuck."
)
NOT_YOURS: Final = "Only who asked for {stage} withdraws the request. Nothing was changed."
NOT_YOUR_TEAM: Final = (
    "Only the model's team and the platform team give a promotion up. Nothing was changed."
)
NOBODY: Final = "Nobody can: it has no team. Set `platform_team: [<group>]` in policy.yml."


def withdraw(question: Question, stage: Stage) -> Iterator[Ruling]:
    """Whoever asked takes it back while nobody has decided."""
    promotion = _waiting(question, stage)
    yield _is_undecided(question, stage, promotion)
    if promotion is None or promotion.outcome:
        return
    who_can = f"{promotion.requester.name} can."
    yield identity(question, who_can)
    if question.person is None or _is_same(question.person, promotion.requester):
        yield met(Condition.REQUESTER, who_can)
        return
    others = f"{who_can} {_who_gives_up(question)}"
    yield barred(Condition.REQUESTER, NOT_YOURS.format(stage=stage), others)


def give_up(question: Question, stage: Stage) -> Iterator[Ruling]:
    """Whatever holds the stage ends, unless it is moving it right now."""
    promotion = _waiting(question, stage)
    who_can = _who_gives_up(question)
    yield _is_open(question, stage, promotion)
    if promotion is None:
        return
    yield _is_at_rest(question, stage)
    yield identity(question, who_can)
    yield _team_or_platform(question, who_can)


def _waiting(question: Question, stage: Stage) -> Promotion | None:
    promotion = question.release.promotion_to(stage)
    is_waiting = promotion is not None and promotion.is_waiting and not question.release.is_final
    return promotion if is_waiting else None


def _is_open(question: Question, stage: Stage, promotion: Promotion | None) -> Ruling:
    if promotion is not None:
        return met(Condition.OPEN)
    newest = question.release.promotion_to(stage)
    why = f": its newest request is {newest.outcome or 'void'}" if newest else ""
    says = NOTHING.format(release=question.release.id, stage=stage, why=why)
    return barred(Condition.OPEN, says)


def _is_undecided(question: Question, stage: Stage, promotion: Promotion | None) -> Ruling:
    if promotion is None or not promotion.outcome:
        return _is_open(question, stage, promotion)
    release = question.release.id
    by = f" by {promotion.decided_by.name}" if promotion.decided_by else ""
    says = DECIDED.format(release=release, stage=stage, by=by)
    return barred(Condition.OPEN, says, GIVE_UP.format(release=release, stage=stage))


def _is_at_rest(question: Question, stage: Stage) -> Ruling:
    if not question.release.is_under_way(stage):
        return met(Condition.STATE)
    says = UNDER_WAY.format(release=question.release.id, stage=stage)
    return missing(Condition.STATE, says)


def _team_or_platform(question: Question, who_can: str) -> Ruling:
    person, groups = question.person, _groups(question)
    if groups and (person is None or any(map(person.is_member, groups))):
        return met(Condition.TEAM, who_can)
    return barred(Condition.TEAM, NOT_YOUR_TEAM, who_can)


def _groups(question: Question) -> tuple[str, ...]:
    named = (team_of(question.release, question.context), *question.context.policy.platform_team)
    return tuple(dict.fromkeys(filter(str.strip, named)))


def _who_gives_up(question: Question) -> str:
    groups = " or ".join(_groups(question))
    return f"A member of {groups} can give it up." if groups else NOBODY


def _is_same(person: Person, requester: Person) -> bool:
    """Several accounts of one human count as one."""
    return bool(person.names & requester.names)
