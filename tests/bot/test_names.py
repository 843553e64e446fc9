"""A release has one name, its id: two repositories with one MODEL_NAME are told apart everywhere."""

import pytest

from bot.cards import acceptance, approval, problem, release, request
from core.card import Heading
from core.release.model import Model
from core.results import Checked
from core.words import Stage, Step, Stream
from tests.bot.views import NAMED, approval_view, request_view, view
from tests.core.story import ADA, EVE, FAILED, Story

TAKEN = Checked(checks=(), model="loan_default", team="credit")


def of(stream: str) -> Story:
    story = Story(is_local=True)
    story.model = Model(stream=Stream(stream))
    return story.push(1)


def evaluated(stream: str) -> Story:
    return of(stream).to_acceptance(NAMED)


def asked(stream: str) -> Story:
    return of(stream).to_registered("1", NAMED).request(Stage.QA)


CARDS = {
    "release, running": lambda name: release.render(view(of(name))),
    "release, checked": lambda name: release.render(view(of(name).finish(Step.CHECK, TAKEN))),
    "release, failed": lambda name: release.render(view(of(name).finish(Step.CHECK, FAILED))),
    "release, registered": lambda name: release.render(view(asked(name).withdraw(Stage.QA))),
    "release, superseded": lambda name: release.render(
        view(of(name), of(name).push(2).model.releases[f"{name}-1"])
    ),
    "acceptance": lambda name: acceptance.render(view(evaluated(name))),
    "acceptance, decided": lambda name: acceptance.render(view(evaluated(name).accept(ADA))),
    "request": lambda name: request.render(
        request_view(asked(name).withdraw(Stage.QA), Stage.QA)
    ),
    "request, sent": lambda name: request.render(request_view(asked(name), Stage.QA)),
    "request, refused": lambda name: request.render(request_view(asked(name), Stage.PROD)),
    "approval": lambda name: approval.render(approval_view(asked(name), Stage.QA)),
    "approval, decided": lambda name: approval.render(
        approval_view(asked(name).approve(EVE), Stage.QA)
    ),
    "problem": lambda name: problem.render(view(of(name).bury())),
    "problem, over": lambda name: problem.render(view(of(name).bury().retry())),
}  # fmt: skip


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("name", ["loan", "loan2"])
def test_the_heading_and_the_line_for_notifications_name_the_release(card, name):
    shown = CARDS[card](name)

    [heading] = [part.text for part in shown.body if isinstance(part, Heading) and part.is_large]
    for line in (heading, shown.summary):
        assert f"{name}-1" in line.replace(":", " ").replace("?", " ").split(), line


@pytest.mark.parametrize("card", CARDS)
def test_no_line_of_one_is_the_line_of_the_other(card):
    one, other = CARDS[card]("loan"), CARDS[card]("loan2")

    assert one.summary != other.summary
    decides = ("Accept", "Approve")
    titles = [
        {button.title for button in each.buttons if button.title.startswith(decides)}
        for each in (one, other)
    ]
    assert titles[0].isdisjoint(titles[1])
