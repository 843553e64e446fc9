"""What a reader has of their own: a zone, a small screen, large letters, a keyboard, a voice."""

from datetime import UTC, datetime

import msgspec
import pytest
import pytest_asyncio

from core.card import (
    Banner,
    Button,
    Card,
    Cell,
    Dated,
    Facts,
    Heading,
    Section,
    Table,
    Text,
    Tone,
)
from core.people import Person
from core.words import PersonId, Stage
from tests.adapters.teams.cards import every_kind
from tests.adapters.teams.counting_bot import counter
from tests.bot.views import NAMED, in_production
from tests.bot.world import World
from tests.core.story import ADA, EVE, OUT, Story
from tests.web.chat.serving import a_chat
from tests.web.pages.serving import a_dead_letter, some_pages, told
from web.chat import Roles

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LATE = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)  # in Stockholm it is the next day
THEIRS = "{{DATE(2026-11-29T23:30:00Z, SHORT)}} {{TIME(2026-11-29T23:30:00Z)}}"
SINCE = Dated("since ", LATE)
WAITS = "Approve loan-1 (loan_default version 1) for QA?"
SMALL = """() => [...document.querySelectorAll("button, select, textarea, input, a, [role=button]")]
    .filter((one) => one.checkVisibility({visibilityProperty: true}))
    .map((one) => [one.textContent.slice(0, 30), one.className, one.getBoundingClientRect()])
    .filter(([_, __, box]) => box.width && (box.height < 44 || box.width < 44))
    .map(([text, kind, box]) => `${text} ${kind} ${box.width}x${box.height}`)"""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((one) => !one.closest(".chips, .side, .aside, dialog:not([open])"))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => `${one.tagName}.${one.className}`)"""
LETTERS = """new MutationObserver((_, seen) => {
    document.documentElement.style.fontSize = "%s";
    seen.disconnect();
}).observe(document, { childList: true });"""
NOTIFICATIONS = """
window.told = []; window.asked = 0;
window.Notification = class {
  static permission = localStorage.getItem("permission") ?? "default";
  static async requestPermission() { window.asked += 1; localStorage.setItem("permission", "granted"); return (this.permission = "granted"); }
  constructor(title, options) { window.told.push(`${title}: ${options.body}`); window.last = this; }
  close() {}
};"""


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


@pytest_asyncio.fixture(loop_scope="session")
async def real(tmp_path):
    """A world with an approval that waits for Eve, and the window of its people."""
    world = World(tmp_path, is_local=True)
    people = [msgspec.structs.replace(one, identity="local_unverified") for one in (ADA, EVE, OUT)]
    left = Person(id=PersonId("dora"), name="Dora Hall", groups=EVE.groups, is_active=False)
    async with a_chat(
        tmp_path,
        world.bot,
        directory=world.show.ports.directory,
        people=(*people, left),
        roles=Roles(world.handle),
    ) as chat:
        await world.told(Story(is_local=True).push(1).to_registered("1", NAMED).request(Stage.QA))
        chat.card = (await world.show_cards()).the(WAITS)
        yield chat
    await world.store.close()


async def as_person(run, open_page, person, room="general", **window):
    page = await open_page(f"{run.url}/chat/?as={person}#{room}", **window)
    await page.wait_for_selector("#text:enabled")
    return page


async def test_a_moment_of_a_card_is_that_of_the_readers_zone_and_nobody_elses_words_are(
    run, chat_as
):
    body = (
        Heading(SINCE), Banner(SINCE, Tone.BAD), Text(SINCE), Facts((("When", SINCE), ("Why", THEIRS))),
        Table(("when", "why"), ((Cell(SINCE), Cell(THEIRS)),)), Text(THEIRS), Heading(THEIRS),
        Section(title=SINCE, body=(Text(SINCE),), is_open=True),
    )  # fmt: skip
    await run.chat.post("general", Card(summary="times", body=body))
    page = await chat_as("anna", locale="en-GB", timezone_id="Europe/Stockholm")
    shown = await page.inner_text(".card")

    assert shown.count("since Mon, 30 Nov 2026 0:30") == 7
    assert shown.replace("\N{ZERO WIDTH SPACE}", "").count(THEIRS) == 4


async def test_a_table_leaves_room_between_its_numbers_on_a_phone(run, chat_as):
    rows = tuple(
        (Cell(name), Cell("0.78213"), Cell("0.76031"), Cell("+0.0218"))
        for name in ("log_loss", "auc")
    )
    await run.chat.post(
        "general", Card(summary="t", body=(Table(("metric", "now", "champion", "change"), rows),))
    )
    page = await chat_as("anna", size="narrow")
    gaps = await page.evaluate("""() => [...document.querySelectorAll(".card [role=row]")].flatMap((row) => {
        const boxes = [...row.querySelectorAll(".ac-richTextBlock")].map((one) => {
            const range = document.createRange();
            range.selectNodeContents(one);
            return range.getBoundingClientRect();
        });
        return boxes.slice(1).map((box, n) => box.left - boxes[n].right);
    })""")

    assert len(gaps) == 9
    assert min(gaps) >= 8


async def test_what_a_finger_meets_on_a_phone_is_44_pixels(run, chat_as):
    await run.chat.post("general", every_kind())
    page = await chat_as("anna", size="narrow")
    await page.fill("#text", "model")
    assert await page.evaluate(SMALL) == []
    await page.get_by_role("button", name="Conversations").first.click()
    assert await page.evaluate(SMALL) == []


@pytest.mark.parametrize(("letters", "size"), [("100%", "14px"), ("200%", "28px")])
async def test_long_words_and_large_letters_break_nothing_on_a_phone(run, open_page, letters, size):
    long = "a_name_without_any_blank_" * 6
    body = (Heading(long), Banner(long, Tone.BAD), Text(long), Facts(((long, long),)),
            Table(("metric", long), ((Cell(long), Cell("1")),)), Section(title=long, body=(Text(long),), is_open=True))  # fmt: skip
    buttons = (
        Button(title=f"Approve {long}"[:80], verb="x"),
        Button(title="Approve version 12 for PROD", verb="x"),
    )
    await run.chat.post("general", Card(summary=long, body=body, buttons=buttons))
    page = await open_page(f"{run.url}/chat/?as=anna#general", size="narrow")
    await page.add_init_script(LETTERS % letters)
    await page.reload()
    await page.get_by_text(long, exact=True).first.wait_for()

    assert (
        await page.evaluate("getComputedStyle(document.querySelector('.ac-textRun')).fontSize")
        == size
    )
    assert await page.evaluate(TOO_WIDE) == []


async def test_the_title_of_details_says_whether_they_are_open(run, chat_as):
    activity = await run.chat.post("general", every_kind())
    page = await chat_as("anna")
    title = page.get_by_role("button", name="Changed files")
    assert await title.get_attribute("aria-expanded") == "false"
    await title.press("Enter")
    assert await title.get_attribute("aria-expanded") == "true"
    await run.chat.update("general", activity, every_kind())
    await page.get_by_text("updated").wait_for()

    assert await title.get_attribute("aria-expanded") == "true"
    assert await page.locator(".card [aria-expanded]:not([role=button])").count() == 0
    await title.press(" ")
    assert await title.get_attribute("aria-expanded") == "false"


async def test_a_form_that_opens_is_in_sight_and_has_the_focus_which_then_goes_back(
    real, open_page
):
    page = await as_person(real, open_page, "ada", size="narrow")
    await page.fill("#text", "release loan-1")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Withdraw").press("Enter")
    opener = page.get_by_role("button", name="Request QA")
    await opener.press("Enter")
    field = page.get_by_label("Purpose: why now?")
    await field.wait_for()

    assert await field.evaluate("one => one === document.activeElement")
    log = await page.locator("#log").bounding_box()
    for one in (page.get_by_text("Only you see this"), field):
        box = await one.bounding_box()
        assert log["y"] <= box["y"] < box["y"] + box["height"] <= log["y"] + log["height"]
    await page.get_by_role("button", name="Back to the card").press("Enter")
    assert await opener.evaluate("one => one === document.activeElement")


async def test_after_a_press_the_focus_stays_at_its_card(run, chat_as):
    page = await chat_as("anna")
    await run.chat.post("general", counter(0))
    await page.get_by_role("button", name="Refuse me").press("Enter")
    await page.get_by_role("alert").wait_for()
    assert await page.evaluate("document.activeElement.textContent") == "Refuse me"
    await page.get_by_role("button", name="Count", exact=True).press("Enter")
    await page.get_by_text("Counted to 1", exact=True).wait_for()

    assert await page.evaluate("document.activeElement.closest('article') !== null")


async def test_the_window_opens_where_the_news_are(run, open_page):
    await run.chat.post("approvals", counter(3))
    page = await open_page(f"{run.url}/chat/?as=anna")
    await page.get_by_text("Counted to 3", exact=True).wait_for()

    assert await page.inner_text("#title") == "Approvals"


async def test_an_empty_room_that_nobody_chose_gives_way_to_the_first_news(run, open_page):
    idle = await open_page(f"{run.url}/chat/?as=anna")
    writing = await open_page(f"{run.url}/chat/?as=bo")
    await writing.fill("#text", "hel")
    await run.chat.post("approvals", counter(0))

    await idle.get_by_text("Counted to 0", exact=True).wait_for()
    await writing.get_by_role("button", name="Approvals, 1 unread").wait_for()
    assert await writing.inner_text("#title") == "General"


async def test_an_approval_notifies_once_whoever_may_give_it_and_leads_to_its_card(real, open_page):
    eve, ada = windows = [await as_person(real, open_page, who) for who in ("eve", "ada")]
    for page in windows:
        await page.add_init_script(NOTIFICATIONS)
        await page.reload()
        await page.wait_for_selector("#text:enabled")
        assert await page.evaluate("window.asked") == 0
        await page.get_by_role("button", name="Notify me of approvals").click()
        await page.locator("#notify").wait_for(state="hidden")
    activity = await real.chat.post("approvals", real.card)
    await real.chat.update("approvals", activity, real.card)
    for page in windows:
        await page.get_by_role("button", name="Approvals, 1 unread").wait_for()

    assert await eve.evaluate("window.told") == [f"An approval waits for you: {WAITS}"]
    assert await ada.evaluate("window.told") == []
    await eve.evaluate("window.last.onclick()")
    await eve.get_by_text(WAITS, exact=True).wait_for()
    assert await eve.evaluate("document.activeElement.closest('article').dataset.id") == activity

    later = await as_person(real, open_page, "eve")
    await later.add_init_script(NOTIFICATIONS)
    await later.reload()
    await later.get_by_role("button", name="Notify me of approvals").click()
    await later.wait_for_function("window.told.length === 1")


async def test_whoever_opens_the_window_reads_who_can_do_what_and_meets_nobody_who_left(
    real, open_page
):
    page = await open_page(f"{real.url}/chat/", size="narrow")
    picks = await page.locator("#people button").all_inner_texts()

    assert [pick.replace("\n", " ") for pick in picks] == [
        "A Ada accepts and requests for credit",
        "E Eve approves QA and PROD",
        "O Otto looks on",
    ]
    assert await page.evaluate(SMALL) == []


async def test_the_pages_fit_a_phone_with_letters_of_any_size(tmp_path, open_page):
    async with some_pages(tmp_path) as pages:
        await pages.world.told(in_production().push(2))
        await a_dead_letter(pages.queues["steps"], "a-long-name-of-a-message" * 3, reason="a bug")
        await told(pages)
        for name in ("releases", "releases/loan-1", "deliveries"):
            page = await open_page(f"{pages.origin}/{name}", size="narrow")
            assert await page.evaluate(SMALL.replace("input, a, [", "input, .top a, [")) == []
            for letters in ("100%", "200%"):
                await page.evaluate(f"document.documentElement.style.fontSize = '{letters}'")
                assert await page.evaluate(TOO_WIDE) == [], letters
