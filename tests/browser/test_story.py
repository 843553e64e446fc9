"""Two people take a model from a push with findings to production, in their own chat windows."""

import re

import pytest
import pytest_asyncio

from tests.browser.album import Album
from tests.browser.two_people import MODEL, Window, a_world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.story,
    pytest.mark.timeout(1500),
    pytest.mark.asyncio(loop_scope="session"),
]

FIRST, SECOND = f"{MODEL}-1", f"{MODEL}-2"
QUESTION, APPROVE = f"Approve {SECOND} (version 1) for QA?", f"Approve {SECOND} for QA"
NOTED = re.compile(r"^Now: \w+")  # what the run does, as it goes on
ACCEPT, ACCEPTED = f"Accept {SECOND}?", f"Acceptance of {SECOND}"


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path, environments):
    async with a_world(tmp_path, environments) as made:
        yield made


@pytest.fixture
def album(open_page):
    return Album(open_page)


@pytest.fixture
def chat_as(world, open_page):
    async def opened(person):
        page = await open_page(world.chat(person))
        await page.wait_for_selector("#text:enabled")
        return Window(page)

    return opened


async def test_a_model_goes_from_a_push_to_production(world, chat_as, album, open_page):
    astrid, bo = await chat_as("astrid"), await chat_as("bo")
    await _findings_are_shown_with_their_place(world, astrid, album)
    await _the_fix_is_scored_and_accepted(world, astrid, bo, album)
    card = await astrid.identity(SECOND)

    await _qa_is_requested(world, astrid, album)
    await _the_author_is_refused_and_told_why(astrid, album)
    await _the_colleague_approves(bo, astrid, "QA")
    await _request(astrid, "PROD")
    await _the_colleague_approves(bo, astrid, "PROD")

    assert await world.is_in_production()
    for window in (astrid, bo):
        assert await window.card(SECOND).count() == 1
        assert await window.identity(SECOND) == card
    await _the_pages_tell_all_of_it(world, open_page, album)


async def _findings_are_shown_with_their_place(world, astrid, album):
    await world.begin()
    release = await world.push()

    await astrid.sees(FIRST, "Blocked by the gate", "model_variables.yml:", "src/score.py")
    await album.take(world.chat("astrid", "general"), "chat_findings", card=FIRST)
    await album.take(f"{world.url}/releases/{release}", "release_findings")


async def _the_fix_is_scored_and_accepted(world, astrid, bo, album):
    await world.mend()
    await world.push()
    await astrid.sees(SECOND, "Scoring since", NOTED)
    await album.take(world.chat("astrid", "general"), "chat_scoring", card=SECOND)
    await bo.sees(ACCEPT, "Nothing holds PROD yet: there is no champion")
    await album.take(
        world.chat("bo", "general"),
        "chat_acceptance",
        card=ACCEPT,
        button=f"Accept {SECOND}",
    )
    await astrid.press(ACCEPT, f"Accept {SECOND}")

    for window in (astrid, bo):
        await window.sees(ACCEPTED, "Accepted by Astrid")
        await window.sees(SECOND, "Version 1 is registered")


async def _request(astrid, stage, album=None):
    await astrid.press(SECOND, f"Request {stage}")
    form = f"Request {stage} for {SECOND} (version 1)"
    if album is not None:
        await album.take_here(astrid.page, "chat_request", card=form, button="Send request for QA")
    await astrid.fill(form, Purpose="Mark risky loans sooner", Expected_outcome="Fewer losses")
    await astrid.press(form, f"Send request for {stage}")
    await astrid.sees(SECOND, f"awaits approval for {stage}")


async def _qa_is_requested(world, astrid, album):
    await _request(astrid, "QA", album)
    await astrid.go("approvals")
    await astrid.sees(QUESTION, "Mark risky loans sooner", "Fewer losses", "QA was empty")
    room = world.chat("bo", "approvals")
    await album.take(room, "chat_approval", card=QUESTION, button=APPROVE)


async def _the_author_is_refused_and_told_why(astrid, album):
    await astrid.press(QUESTION, APPROVE)

    assert "You may not decide about this" in await astrid.refused(QUESTION)
    assert "A member of approvers can" in await astrid.refused(QUESTION)
    await album.take_here(astrid.page, "chat_refused", card=QUESTION)
    await astrid.go("general")


async def _the_colleague_approves(bo, astrid, stage):
    question, decided = (
        f"Approve {SECOND} (version 1) for {stage}?",
        f"{SECOND} (version 1) for {stage}",
    )
    await bo.go("approvals")
    await bo.fill(question, Reason="Looked at the metrics")
    await bo.press(question, f"Approve {SECOND} for {stage}")
    await bo.sees(decided, f"and placed on {stage}", "Looked at the metrics")
    await bo.go("general")

    for window in (astrid, bo):
        await window.sees(SECOND, f"Version 1 holds {stage}", "scored there")


async def _the_pages_tell_all_of_it(world, open_page, album):
    page = await open_page(f"{world.url}/releases")
    await page.get_by_role("link", name=f"{MODEL}-2").click()
    for title in ("Steps", "Metrics", "Checks", "Log", "Decisions", "Event chain"):
        await page.get_by_role("heading", name=title).wait_for()
    text = await page.locator("main").inner_text()
    for words in ("accuracy", "Looked at the metrics", "refused: approve", "local unverified"):
        assert words in text
    for event in ("CodePushed", "StepProgressed", "StagePlaced"):
        assert event in text
    await page.goto(f"{world.url}/deliveries")
    assert "azure-devops" in await page.locator("main").inner_text()
    await page.close()
    for name in ("releases", f"releases/{MODEL}-2", "deliveries"):
        await album.take(f"{world.url}/{name}", f"page_{name.replace('/', '_')}")
    await album.take(world.chat("bo", "general"), "chat_production", card=SECOND)
