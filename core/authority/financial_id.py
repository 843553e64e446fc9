"""Who may answer who pays for a model: its team, while the gate of an open release asks for it."""

from collections.abc import Iterator
from typing import Final

from core.authority import conditions
from core.authority.conditions import Question
from core.authority.ruling import Condition, Ruling, barred, met, missing
from core.gate.variables import financial_id

IS_OVER: Final = "{release} is {state}: it does not ask who pays any more. Nothing was kept."
ON_THE_NEWEST: Final = "Answer on the card of the newest release."
NOT_YET: Final = "The gate has not looked yet at who pays for {release}. Nothing was kept."
IS_SAID: Final = (
    "The variables of {release} say who pays: nobody has to be asked. Nothing was kept; to change "
    "it, change FINANCIAL_ID in {path} and push."
)
WRONG: Final = (
    "That is no FINANCIAL_ID: it {wrong}. Nothing was kept; write it in the form {form}, as the "
    "controller of your unit gives it."
)
IS_EXAMPLE: Final = "is the example of a new repository, under which nobody pays"
EMPTY: Final = "There is no answer yet. Nothing was kept; write the FINANCIAL_ID and press again."


def give(question: Question, answer: str | None) -> Iterator[Ruling]:
    yield conditions.identity(question, conditions.team_can(question))
    yield conditions.team(question, "say who pays for a model")
    yield _asked(question)
    yield _form(question, answer)


def _asked(question: Question) -> Ruling:
    release = question.release
    if release.is_final:
        over = IS_OVER.format(release=release.id, state=release.state)
        return barred(Condition.STATE, over, ON_THE_NEWEST)
    if financial_id.question(release.checks) is not None:
        return met(Condition.OPEN)
    if not any(result.check == financial_id.CHECK for result in release.checks):
        return missing(Condition.OPEN, NOT_YET.format(release=release.id))
    path = question.context.policy.layout.variables
    return barred(Condition.OPEN, IS_SAID.format(release=release.id, path=path))


def _form(question: Question, answer: str | None) -> Ruling:
    """What has not been asked for yet (None) is not missed."""
    if answer is None:
        return met(Condition.WORDS)
    if not answer.strip():
        return missing(Condition.WORDS, EMPTY)
    form = question.context.policy.rules.financial_id
    wrong = financial_id.wrong_form(answer.strip(), form)
    if not wrong and financial_id.is_example(answer):
        wrong = IS_EXAMPLE
    if wrong:
        return missing(Condition.WORDS, WRONG.format(wrong=wrong, form=form))
    return met(Condition.WORDS)
