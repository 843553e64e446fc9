"""Two people in the chat window: they say, press, refuse, and see the same card change."""

import asyncio

import pytest
import pytest_asyncio

from core.card import Banner, Button, Card, Tone
from tests.adapters.teams.cards import every_kind
from tests.adapters.teams.counting_bot import SECRET, CountingBot, counter
from tests.web.chat.serving import a_chat

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def run(tmp_path):
    async with a_chat(tmp_path) as running:
        yield running


@pytest.fixture
def chat_as(run, open_page):
    async def opened(person, *, room="general", **window):
        page = await open_page(f"{run.url}/chat/?as={person}#{room}", **window)
        await page.wait_for_selector("#text:enabled")
        return page

    return opened


async def say(page, text):
    await page.fill("#text", text)
    await page.keyboard.press("Enter")


def button(page, title):
    return page.get_by_role("button", name=title, exact=True)


async def seen(page, text):
    await page.get_by_text(text, exact=True).last.wait_for()


async def test_who_am_i_is_asked_once_and_shown_for_ever(run, open_page):
    page = await open_page(f"{run.url}/chat/")
    await page.get_by_role("button", name="Anna Berg").click()
    await page.wait_for_selector("#text:enabled")
    await page.reload()
    await page.wait_for_selector("#text:enabled")

    assert await page.locator("#me").input_value() == "anna"
    assert "Identities are local and unverified" in await page.inner_text(".notice")


async def test_a_command_is_echoed_and_answered_with_a_card(chat_as):
    page = await chat_as("anna")
    await say(page, "count")

    await seen(page, "Counted to 0")
    assert await page.inner_text(".said.mine .text") == "count"
    assert await page.input_value("#text") == ""


async def test_a_press_changes_the_card_in_both_windows(run, chat_as):
    anna, bo = await chat_as("anna"), await chat_as("bo")
    await say(anna, "count")
    await seen(bo, "Counted to 0")
    await bo.get_by_label("Why").fill("it is time")
    await button(bo, "Count").click()

    for page in (anna, bo):
        await seen(page, "Counted to 1")
        await seen(page, "because it is time")
    assert run.bot.clicks[-1].person.id == "bo"
    assert await bo.get_by_label("Why").input_value() == ""


async def test_a_double_click_is_one_press(run, chat_as):
    page = await chat_as("anna")
    await say(page, "count")
    await seen(page, "Counted to 0")
    await button(page, "Count").dblclick()

    await seen(page, "Counted to 1")
    assert run.bot.count == 1


async def test_a_refusal_is_a_word_and_the_card_stays_usable(chat_as):
    page = await chat_as("anna")
    await say(page, "count")
    await button(page, "Refuse me").click()
    await page.get_by_role("alert").get_by_text("Bo or Cara may approve it").wait_for()
    await button(page, "Count").click()

    await seen(page, "Counted to 1")
    assert await page.get_by_role("alert").count() == 0


async def test_the_second_of_two_reads_why_also_when_the_card_changes_at_that_moment(run, chat_as):
    old = Button(title="Approve", verb="count.old")
    asked = Card(summary="Approve?", body=(Banner("Approve?", Tone.ACCENT),), buttons=(old,))
    activity = await run.chat.post("general", asked)
    page = await chat_as("anna", size="narrow")
    await button(page, "Approve").click()
    await seen(page, "This card is out of date.")
    await run.chat.update("general", activity, counter(1))
    await seen(page, "Only you see this; the card has changed since")

    await seen(page, "This card is out of date.")
    back = button(page, "Back to the card")
    assert await back.evaluate("one => one.scrollWidth <= one.clientWidth")
    await back.click()
    await seen(page, "Counted to 1")


async def test_a_word_under_a_card_is_not_taken_away_by_an_update(run, chat_as):
    activity = await run.chat.post("general", counter(0))
    page = await chat_as("anna")
    await button(page, "Refuse me").click()
    refused = page.get_by_role("alert").get_by_text("Bo or Cara may approve it")
    await refused.wait_for()
    await run.chat.update("general", activity, counter(3))
    await seen(page, "Counted to 3")

    assert await refused.is_visible()


async def test_what_breaks_says_so_and_no_more(chat_as):
    page = await chat_as("anna")
    await say(page, "count")
    await button(page, "Break").click()
    await page.get_by_role("alert").get_by_text("Something went wrong on our side").wait_for()

    assert SECRET not in await page.content()


async def test_a_card_of_ones_own_is_seen_by_nobody_else_and_left_again(chat_as):
    anna, bo = await chat_as("anna"), await chat_as("bo")
    await say(anna, "count")
    await seen(bo, "Counted to 0")
    await button(anna, "Only for me").click()
    await seen(anna, "only for Anna Berg")
    await button(anna, "Back to the card").click()

    await seen(anna, "Counted to 0")
    assert await bo.get_by_text("only for Anna Berg").count() == 0


async def test_what_ones_own_card_has_led_to_gives_way_to_the_next_change(run, chat_as):
    activity = await run.chat.post("general", counter(0))
    page = await chat_as("anna")
    await button(page, "Only for me").click()
    await run.chat.update("general", activity, counter(1))
    await seen(page, "Only you see this; the card has changed since")
    await button(page, "Send it").click()
    await seen(page, "It is sent")
    await run.chat.update("general", activity, counter(2))

    await seen(page, "Counted to 2")
    assert await page.get_by_text("It is sent").count() == 0


async def test_an_update_takes_nothing_that_somebody_is_typing(run, chat_as):
    activity = await run.chat.post("general", counter(0))
    page = await chat_as("anna")
    await page.get_by_label("Why").fill("half a sent")
    await run.chat.update("general", activity, counter(4))
    await seen(page, "Counted to 4")
    await page.keyboard.type("ence")

    assert await page.get_by_label("Why").input_value() == "half a sentence"


async def test_who_comes_back_to_a_room_finds_what_they_have_typed(run, chat_as):
    await run.chat.post("general", counter(0))
    page = await chat_as("anna")
    await page.get_by_label("Why").fill("half a sentence")
    for room in ("Approvals", "General"):
        await page.locator("#rooms").get_by_text(room).click()

    assert await page.get_by_label("Why").input_value() == "half a sentence"


class SlowBot(CountingBot):
    """It answers a press when it is told to."""

    def __init__(self):
        super().__init__()
        self.may_answer = asyncio.Event()

    async def click(self, click):
        await self.may_answer.wait()
        return await super().click(click)


async def test_what_was_typed_outlives_a_refusal_and_a_change_before_it(tmp_path, open_page):
    bot = SlowBot()
    async with a_chat(tmp_path, bot) as run:
        activity = await run.chat.post("general", counter(0))
        page = await open_page(f"{run.url}/chat/?as=anna#general")
        await page.get_by_label("Why").fill("a long reason")
        await button(page, "Refuse me").click()
        await run.chat.update("general", activity, counter(1))
        bot.may_answer.set()
        await page.get_by_role("alert").get_by_text("Bo or Cara may approve it").wait_for()

        await seen(page, "Counted to 1")
        assert await page.get_by_label("Why").input_value() == "a long reason"


async def test_a_section_opens_with_a_tap_and_a_key_and_stays_open(run, chat_as):
    activity = await run.chat.post("general", every_kind())
    page = await chat_as("anna")
    detail = page.get_by_text("src/train.py", exact=True).last
    assert not await detail.is_visible()
    await page.get_by_role("button", name="Changed files").press("Enter")
    await detail.wait_for()
    await run.chat.update("general", activity, every_kind())
    await page.get_by_text("updated").wait_for()

    assert await detail.is_visible()


async def test_markdown_from_outside_is_read_as_words(chat_as):
    page = await chat_as("anna")
    await say(page, "**bold** _it_ [x](http://evil.example) <b>")

    await page.get_by_text(
        "said <at>Sluss</at> **bold** _it_ [x](http://evil.example) <b>"
    ).wait_for()
    assert await page.locator(".card a, .card b, .card strong, .card em").count() == 0


async def test_a_required_input_is_asked_for_before_anything_is_sent(run, chat_as):
    await run.chat.post("general", every_kind())
    page = await chat_as("anna")
    await button(page, "Approve").click()

    await page.get_by_text("Purpose: please fill this in").wait_for()
    assert run.bot.clicks == []


async def test_unread_is_marked_until_it_is_looked_at(run, chat_as):
    page = await chat_as("anna")
    await run.chat.post("approvals", counter(0))
    pick = page.get_by_role("button", name="Approvals, 1 unread")
    await pick.wait_for()
    assert (await page.title()).startswith("(1)")
    await pick.click()

    await page.get_by_role("button", name="Approvals", exact=True).wait_for()
    await seen(page, "Counted to 0")


async def test_the_keyboard_alone_is_enough(chat_as):
    page = await chat_as("anna")
    await page.locator("#log").focus()
    await page.keyboard.press("/")
    await page.keyboard.type("count")
    await page.keyboard.press("Enter")
    await seen(page, "Counted to 0")
    await page.keyboard.press("ArrowUp")

    assert await page.input_value("#text") == "/count"


async def test_suggestions_fit_what_is_typed_and_wait_for_their_arguments(chat_as):
    page = await chat_as("anna")
    await page.fill("#text", "/mod")
    assert await page.locator(".chip").all_inner_texts() == ["model status <model>"]
    await page.locator(".chip").click()

    assert await page.input_value("#text") == "model status "


async def test_on_a_small_screen_suggestions_come_while_somebody_writes(chat_as):
    page = await chat_as("anna", size="narrow")
    assert not await page.locator(".chip").first.is_visible()
    await page.locator("#text").focus()
    await page.get_by_role("button", name="model status <model>").click()

    assert await page.input_value("#text") == "model status "


@pytest.mark.parametrize("more", [{}, {"has_touch": True}], ids=["mouse", "touch"])
async def test_on_a_small_screen_the_first_press_counts_while_somebody_writes(chat_as, more):
    page = await chat_as("anna", size="narrow", **more)
    for _ in range(4):
        await say(page, "count")
    count = button(page, "Count").nth(3)
    await count.wait_for()
    await page.locator("#text").focus()

    await (count.tap() if more else count.click())

    await seen(page, "Counted to 1")


async def test_after_a_restart_the_window_comes_back_by_itself(tmp_path, open_page):
    async with a_chat(tmp_path) as before:
        page = await open_page(f"{before.url}/chat/?as=anna")
        await page.wait_for_selector("#text:enabled")
        await say(page, "count")
        await page.get_by_label("Why").fill("so far")
    await page.get_by_text("Reconnecting").wait_for()
    await say(page, "is kept")
    async with a_chat(tmp_path, CountingBot(), port=before.port):
        await page.locator("#link:empty").wait_for(state="attached")
        await seen(page, "Counted to 0")
        assert await page.input_value("#text") == "is kept"
        assert await page.get_by_label("Why").input_value() == "so far"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "narrow"])
async def test_nothing_is_wider_than_the_window(run, chat_as, size, scheme):
    await run.chat.post("general", every_kind())
    page = await chat_as("anna", size=size, scheme=scheme)

    too_wide = """() => [...document.querySelectorAll(".log *")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.className)"""
    assert await page.evaluate(too_wide) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_verdict_and_its_buttons_fit_one_small_screen(run, chat_as):
    await run.chat.post("general", counter(0))
    page = await chat_as("anna", size="narrow")

    for one in (page.get_by_text("Counted to 0", exact=True), button(page, "Break")):
        box = await one.bounding_box()
        assert 0 < box["y"] < box["y"] + box["height"] < 740


async def test_on_a_small_screen_the_rooms_are_a_tap_away(run, chat_as):
    await run.chat.post("approvals", counter(0))
    page = await chat_as("anna", size="narrow")
    await page.get_by_role("button", name="Conversations").first.click()
    await page.get_by_role("button", name="Approvals, 1 unread").click()

    await seen(page, "Counted to 0")
    assert await page.inner_text("#title") == "Approvals"
