"""The card of a release that is stuck."""

from bot.cards import problem
from core.card import Tone
from core.words import Stage
from tests.bot.views import NAMED, PAGES, press, titles, verdict, view, words
from tests.core.story import ADA, EVE, Story


def test_it_says_what_happened_where_the_dead_letter_is_and_what_to_do():
    card = problem.render(view(Story().push(1).bury()))

    assert verdict(card).text == "Stuck since 2026-01-05 08:01 UTC"
    assert verdict(card).tone is Tone.BAD
    assert "a bug The platform team has the dead letter" in words(card)
    assert "Step: check, attempt 1, on TST" in words(card)
    assert f"{PAGES}/deliveries" in [link.url for link in card.links]


def test_retry_goes_on():
    story = Story().push(1).bury()
    click = press(problem.render(view(story)), "Retry", ADA, press_id="c1")

    event = problem.retry(click)(time=story.now)

    assert (event.id, event.release) == ("retry/loan-1/ada/c1", "loan-1")


def test_when_it_goes_on_the_card_says_so():
    card = problem.render(view(Story(is_local=True).push(1).bury().retry()))

    assert verdict(card).text == "It is no longer stuck"
    assert titles(card) == []


def test_a_later_step_is_named():
    story = Story().push(1).to_acceptance(NAMED).accept().bury()

    assert "Step: register, attempt 1, on TST" in words(problem.render(view(story)))


def test_a_promotion_that_stays_stuck_is_given_up():
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA).approve(EVE).bury()
    click = press(problem.render(view(story)), "Give up QA", ADA, press_id="c1")

    story.tell(problem.give_up(click)(time=story.now))

    assert verdict(problem.render(view(story))).text == "It is no longer stuck"
