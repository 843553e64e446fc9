"""Where nobody can sign in there are no pages: a card has no link, and no word that sends there."""

import msgspec
import pytest

from bot.cards import acceptance, approval, problem, registry, release, request
from bot.cards.registry import RegistryView
from core.events.derived import RegistryChangedOutside
from core.words import Stage, Step
from tests.bot.views import (
    CHANGES,
    NAMED,
    approval_view,
    found,
    in_production,
    request_view,
    view,
    words,
)
from tests.core.story import Story

MANY = msgspec.structs.replace(NAMED, checks=(found(40, priority=5),))
LONG = msgspec.structs.replace(CHANGES, commit_count=50, file_count=90)


def registered():
    return Story(is_local=True).push(1).to_registered("1", MANY)


def approval_of_the_second():
    story = in_production().push(2).to_registered("2", MANY).request(Stage.QA)
    return approval_view(story, Stage.QA, LONG)


def registry_view():
    story = in_production().observe(QA="1", PROD="7")
    change = next(event for event in story.events if isinstance(event, RegistryChangedOutside))
    return RegistryView(model=story.model, change=change, page_url="http://127.0.0.1:8300")


CARDS = {
    "release that trains": (release.render, lambda: view(Story().push(1).finish(Step.CHECK, MANY))),
    "registered release": (release.render, lambda: view(registered())),
    "acceptance": (acceptance.render, lambda: view(Story().push(1).to_acceptance(MANY))),
    "problem": (problem.render, lambda: view(Story().push(1).bury())),
    "problem that is gone": (problem.render, lambda: view(registered())),
    "request": (request.render, lambda: request_view(registered(), Stage.QA)),
    "approval": (approval.render, approval_of_the_second),
    "registry": (registry.render, registry_view),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_has_links_where_there_are_pages_and_none_where_not(name):
    render, shown = CARDS[name][0], CARDS[name][1]()
    there, without = render(shown), render(msgspec.structs.replace(shown, page_url=""))

    assert there.links
    assert without.links == ()
    assert without.buttons == there.buttons
    assert "release page" not in words(without)
    assert "Deliveries" not in words(without)


def test_long_lists_say_how_much_more_there_is_and_where_it_can_be_read():
    shown = approval_of_the_second()
    without = approval.render(msgspec.structs.replace(shown, page_url=""))

    assert "and 49 more on the release page" in words(approval.render(shown))
    assert "and 49 more\n" in words(without)
