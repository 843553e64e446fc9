"""The question who pays for a model, on the card of a release whose variables do not say it."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from bot.click import Click, Draft, release_of, typed
from bot.elements import button, code, text, text_input
from bot.view import View
from core.authority.acts import GiveFinancialId
from core.card import Button, Dated, Element
from core.events.people import FinancialIdGiven
from core.gate.checks import Finding
from core.gate.variables import financial_id
from core.reading import who_pays
from core.release.model import WhoPays

INPUT: Final = "financial_id"
ASKS: Final = "Who pays for this model?"
WHY: Final = (
    "{path} does not say it. Answer here: it is kept with the model, and fills the request to GBI "
    "for its service principal."
)
FIELD: Final = "FINANCIAL_ID, as the controller of your unit gives it"
ANSWERED: Final = "{value}, as {name} answered: "
ADD: Final = (
    "Add this below “variables:” in {path}, and push. Nobody does it for you: Sluss never writes "
    "to a repository."
)
REPLACE: Final = (
    "Write this in line {line} of {path} in place of what is there, and push. Nobody does it for "
    "you: Sluss never writes to a repository."
)
ANOTHER: Final = "Another FINANCIAL_ID"


def answer_of(click: Click) -> Draft:
    release = release_of(click)
    return partial(
        FinancialIdGiven,
        id=f"who-pays/{release}/{click.person.id}/{click.id}",
        release=release,
        financial_id=typed(click, INPUT),
        by=click.person,
    )


def buttons(view: View) -> Iterator[Button]:
    if _is_asked(view):
        title = "Change who pays" if who_pays(view.model, view.policy) else "Answer who pays"
        yield button(title, "release.pay", release=view.release.id)


def elements(view: View) -> Iterator[Element]:
    """The question, or its answer as the change to the repository that makes it count."""
    asked = financial_id.question(view.release.checks) if _is_asked(view) else None
    if asked is None:
        return
    yield text(ASKS, is_bold=True)
    given = who_pays(view.model, view.policy)
    if given is None:
        yield text(WHY.format(path=asked.path))
    else:
        yield from _change(given, asked)
    yield text_input(INPUT, ANOTHER if given else FIELD, is_multiline=False)


def _is_asked(view: View) -> bool:
    return view.may(GiveFinancialId(release=view.release.id)).is_met


def _change(given: WhoPays, asked: Finding) -> Iterator[Element]:
    yield text(Dated(ANSWERED.format(value=given.value, name=given.by.name), given.since))
    is_listed = financial_id.LISTED in asked.mend
    lines = financial_id.lines_of(given.value, is_listed=is_listed)
    words = REPLACE if asked.line else ADD
    yield text(words.format(path=asked.path, line=asked.line))
    yield code("\n".join(lines))
