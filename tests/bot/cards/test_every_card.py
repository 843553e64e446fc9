"""What holds for every card: it is listed, and a chat surface can take it."""

import pkgutil

import msgspec
import pytest

import bot.cards
from adapters.teams.adaptive_cards import LARGEST, encode, size
from bot.cards import CARDS, acceptance, approval, letter, problem, release, request
from bot.cards.letter import LetterView
from bot.since_champion import Changes
from core.authority.acts import SendAgain
from core.authority.evaluate import may
from core.desk import Desk, desk_after
from core.events.desk import LetterBuried
from core.results import Author, Checked, Commit
from core.words import ReleaseId, Stage
from tests.adapters.teams.cards import problem as schema_problem
from tests.bot.views import NAMED, PAGES, approval_view, found, in_production, request_view, view
from tests.core.story import Story

LONG = Checked(
    checks=tuple(found(40, f"check_{n}", 4) for n in range(9)),
    model="loan_default",
    team="credit",
    libraries=tuple(f"library-{n}=={n}.0" for n in range(200)),
    variables={f"NAME_{n}": "value " * 40 for n in range(60)},
    authors=tuple(Author(f"p{n}@example.org", f"Person {n}") for n in range(40)),
)
HISTORY = Changes(
    commits=tuple(
        Commit(id=f"{n:040x}", author=Author("a@example.org", "A" * 60), subject="s" * 300)
        for n in range(30)
    ),
    files=tuple(f"src/{'folder/' * 20}{n}.py" for n in range(60)),
    commit_count=4000,
    file_count=4000,
)


def asked() -> Story:
    return in_production().push(2).to_registered("2", LONG).request(Stage.QA)


def long_letter() -> LetterView:
    story = Story(is_local=True)
    event = LetterBuried(
        id="b", time=story.now, queue="events", message="m" * 128, reason="r" * 900,
        about="a" * 900, release=ReleaseId("loan-1"),
    )  # fmt: skip
    [found] = desk_after(Desk(), [event, event]).open_letters()
    context = msgspec.structs.replace(story.context, desk=desk_after(Desk(), [event]))
    ruling = may(None, SendAgain(letter=found.id), story.model, context)
    return LetterView(letter=found, ruling=ruling, context=context, page_url=PAGES)


CASES = {
    "release, running": lambda: release.render(view(Story().push(1))),
    "release, long": lambda: release.render(view(asked())),
    "acceptance": lambda: acceptance.render(view(Story().push(1).to_acceptance(LONG))),
    "request": lambda: request.render(
        request_view(Story().push(1).to_registered("1", NAMED), Stage.QA)
    ),
    "request, sent": lambda: request.render(request_view(asked(), Stage.QA)),
    "approval, long": lambda: approval.render(approval_view(asked(), Stage.QA, HISTORY)),
    "letter, long": lambda: letter.render(long_letter()),
    "problem": lambda: problem.render(view(Story().push(1).bury())),
}


@pytest.mark.parametrize("case", CASES)
def test_every_card_is_valid_and_small_enough_for_teams(case):
    encoded = encode(CASES[case]())

    assert schema_problem(encoded) == ""
    assert size(encoded) <= LARGEST


def test_the_list_of_cards_is_whole():
    listed = {card.__name__.rpartition(".")[2] for card in CARDS.values()}

    assert (
        listed == set(CARDS) == {module.name for module in pkgutil.iter_modules(bot.cards.__path__)}
    )
