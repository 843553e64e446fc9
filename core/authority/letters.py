"""Who may send a dead letter again: the platform team, and on one machine anybody."""

from collections.abc import Iterator
from typing import Final

from core.authority.conditions import known
from core.authority.ruling import Condition, Ruling, barred, met
from core.context import Context
from core.desk import Letter
from core.jobs import Lane
from core.people import Person, folded

NOT_THERE: Final = (
    "No dead letter {letter} is on the desk: it was sent again or left its queue before, or there "
    "never was one. Nothing was sent."
)
SENT: Final = "This letter was sent again before, by {name}. Nothing was sent a second time."
GONE: Final = "This letter is not in its queue any more, and not by Sluss. Nothing was sent."
NO_QUEUE: Final = "There is no queue {queue!r} any more, so nothing was sent."
NO_TEAM: Final = "Nobody may send it again: policy.yml names no platform team."
NAME_ONE: Final = "Set `platform_team: [<group>]` in policy.yml and start again."
NOT_YOURS: Final = "You are in no group of the platform team. Nothing was sent."


def send_again(person: Person | None, letter: str, context: Context) -> Iterator[Ruling]:
    """Ask first whether the letter is open, so that a second person hears who sent it."""
    team = tuple(filter(folded, context.policy.platform_team))
    who_can = _who_can(team, context)
    yield _open(context.desk.letters.get(letter), letter)
    yield known(person, context, who_can)
    yield _of_the_team(person, team, context)


def _open(letter: Letter | None, wanted: str) -> Ruling:
    if letter is None:
        return barred(Condition.OPEN, NOT_THERE.format(letter=wanted))
    if letter.gone:
        return barred(Condition.OPEN, GONE)
    if letter.redriven_by:
        return barred(Condition.OPEN, SENT.format(name=letter.redriven_by.name))
    if letter.queue not in set(Lane):
        return barred(Condition.OPEN, NO_QUEUE.format(queue=letter.queue))
    return met(Condition.OPEN)


def _of_the_team(person: Person | None, team: tuple[str, ...], context: Context) -> Ruling:
    """On one machine whoever sits before it is the platform team."""
    who_can = _who_can(team, context)
    if context.is_local:
        return met(Condition.GROUP, who_can)
    if not team:
        return barred(Condition.GROUP, NO_TEAM, NAME_ONE)
    if person is None or any(person.is_member(group) for group in team):
        return met(Condition.GROUP, who_can)
    return barred(Condition.GROUP, NOT_YOURS, who_can)


def _who_can(team: tuple[str, ...], context: Context) -> str:
    if context.is_local:
        return "Anybody known can."
    return f"A member of {' or '.join(team)} can." if team else NAME_ONE
