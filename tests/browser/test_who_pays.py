"""The question who pays, as people see it: a field on the card, then a line to copy."""

import pytest
import pytest_asyncio

from bot.cards import release as release_card
from tests.adapters.teams.channel import PEOPLE
from tests.bot.test_who_pays import asked
from tests.bot.views import view
from tests.browser.album import Album
from tests.core.story import ADA
from tests.web.chat.serving import a_chat

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TITLE = "loan-1 (loan_default)"


class Asking:
    """A bot with one release, whose gate asks who pays; whoever presses is Ada to it."""

    def __init__(self) -> None:
        self.story = asked()

    async def message(self, _person, _text, _conversation):
        return release_card.render(view(self.story))

    async def click(self, click):
        self.story.give_financial_id(click.data["financial_id"], by=ADA)
        return release_card.render(view(self.story))


@pytest_asyncio.fixture(loop_scope="session")
async def run(tmp_path):
    async with a_chat(tmp_path, Asking()) as running:
        yield running


async def test_the_answer_is_typed_on_the_card_and_comes_back_as_a_line_to_copy(run, open_page):
    album = Album(open_page)
    page = await open_page(f"{run.url}/chat/?as={next(iter(PEOPLE))}#general")
    await page.wait_for_selector("#text:enabled")
    await page.fill("#text", "release loan-1")
    await page.keyboard.press("Enter")
    await album.take_here(page, "who_pays_asked")

    await page.get_by_label("FINANCIAL_ID, as the controller").fill("CR-20417")
    await page.get_by_role("button", name="Answer who pays").click()
    await page.get_by_text("FINANCIAL_ID: CR-20417", exact=True).wait_for()
    await album.take_here(page, "who_pays_answered")
    assert await page.get_by_text("to be charged to CR-20417").count() == 1
