"""Somebody moves a stage in MLflow itself: the chat says so, once, and nothing is undone."""

import asyncio
import time

import pytest

from core.events.derived import RegistryChangedOutside
from core.release.state import State
from core.words import Stage, Stream
from sluss.home.chat_token import chat_token
from tests.story.onlooker import WAIT_S, registered, rules
from tests.web.chat.window import a_window, rooms

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]

MODEL = "moved_rules"
TITLE = f"{MODEL}: QA was changed"


async def test_a_stage_that_is_moved_by_hand_is_told_in_the_chat(
    up, onlooker, tmp_path, ask_mlflow
):
    await _placed_on_qa(up, onlooker, tmp_path / MODEL)
    client = ask_mlflow(up.home)
    first = client.get_model_version(MODEL, "1")
    made = client.create_model_version(
        MODEL, first.source, run_id=first.run_id, model_id=first.source.removeprefix("models:/")
    )

    client.set_registered_model_alias(MODEL, "qa", made.version)
    [card] = await _cards(up, onlooker, 1)
    assert "Changed outside of a release" in card
    assert "version 1" in card
    assert "version 2 (made by no release)" in card
    assert "Nothing was undone" in card

    client.set_registered_model_alias(MODEL, "qa", "1")
    _, card = await _cards(up, onlooker, 2)
    assert "approved before by Bo Ekman" in card
    assert (await onlooker.model(Stream(MODEL))).holders[Stage.QA].version == "1"


async def _placed_on_qa(up, onlooker, folder):
    release = await registered(onlooker, await rules(folder, up.settings))
    approval = await onlooker.ask(release, Stage.QA)
    assert not (await onlooker.decide("bo", release, approval)).refusal
    await onlooker.until(release, State.PLACED)


async def _cards(up, onlooker, count):
    """The cards about it, as a person finds them in the room: as many as changes were noted."""
    deadline = time.monotonic() + WAIT_S
    while len(found := await _shown(up)) < count:
        assert time.monotonic() < deadline, f"{len(found)} cards of {count}"
        await asyncio.sleep(0.2)
    events = await onlooker.events(MODEL)
    assert len([event for event in events if isinstance(event, RegistryChangedOutside)]) == count
    assert len(found) == count
    return found


async def _shown(up):
    async with a_window(up, "astrid", chat_token(up.home)) as window:
        said = rooms(await window.told("state"))["general"]["said"]
    return [str(one["card"]) for one in said if TITLE in str(one.get("card"))]
