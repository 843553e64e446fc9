"""People in windows of their own see the same rooms, and each their own conversation."""

import json

import pytest

from tests.adapters.teams.counting_bot import counter
from tests.web.chat.serving import a_chat
from tests.web.chat.window import a_window, rooms


@pytest.fixture
async def run(tmp_path):
    async with a_chat(tmp_path) as running:
        yield running


async def test_a_window_opens_with_people_rooms_and_commands(run):
    async with a_window(run) as anna:
        state = await anna.told("state")

    assert state["me"] == "anna"
    assert [person["name"] for person in state["people"]] == ["Anna Berg", "Bo Ek"]
    assert list(rooms(state)) == ["general", "approvals", "@anna"]
    assert state["suggestions"][0]["usage"] == "help"


async def test_what_is_said_is_echoed_to_all_and_answered_by_the_bot(run):
    async with a_window(run, "anna") as anna, a_window(run, "bo") as bo:
        await anna.say(" count ")

        for window in (anna, bo):
            assert (await window.told("spoken", by="anna"))["said"]["text"] == "count"
            answer = await window.told("spoken", by="")
            assert answer["said"]["card"]["fallbackText"] == "Counted to 0"
        await anna.told("settled", room="general")
    assert run.bot.heard[0][1:] == ("<at>Sluss</at> count", "general")
    assert run.bot.heard[0][0].identity == "local_unverified"


async def test_ones_own_conversation_is_nobody_elses(run):
    async with a_window(run, "anna") as anna, a_window(run, "bo") as bo:
        await anna.say("hello", room="@anna")
        await anna.told("spoken", by="")
        await bo.say("mine", room="@anna")

        problem = await bo.told("problem")
        assert "no such conversation" in problem["text"]
    assert [text for _, text, _ in run.bot.heard] == ["hello"]
    async with a_window(run, "bo") as bo:
        assert "@anna" not in rooms(await bo.told("state"))


@pytest.mark.parametrize("room", ["", "nowhere", "@bo"])
async def test_in_a_room_that_is_not_there_nothing_is_said(run, room):
    async with a_window(run) as anna:
        await anna.say("hello", room=room)
        await anna.told("problem", room=room)

    assert run.bot.heard == []


async def test_a_press_answers_the_person_and_updates_the_card_for_everybody(run):
    activity = await run.chat.post("approvals", counter(0))
    async with a_window(run, "anna") as anna, a_window(run, "bo") as bo:
        await bo.press(activity, "count.up", room="approvals", seen="0", comment="it is time")

        answer = await bo.told("answered")
        update = await anna.told("spoken", id=activity)
        assert (answer["request"], answer["activity"]) == (7, activity)
        assert answer["card"] == update["said"]["card"]
        assert "because it is time" in json.dumps(answer["card"])
        assert update["said"]["changed"] > update["said"]["position"]
    assert run.bot.clicks[0].person.id == "bo"


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("count.refuse", "You pushed this release. Bo or Cara may approve it."),
        ("count.break", "Something went wrong on our side."),
        ("old.button", "There is no button called 'old.button'."),
    ],
)
async def test_a_refused_press_is_a_word_and_no_card(run, verb, said):
    activity = await run.chat.post("general", counter(0))
    async with a_window(run) as anna:
        await anna.press(activity, verb)
        answer = await anna.told("answered")

    assert answer["text"].startswith(said)
    assert answer["card"] is None


async def test_a_private_answer_is_told_to_nobody_else(run):
    activity = await run.chat.post("general", counter(0))
    async with a_window(run, "anna") as anna:
        await anna.press(activity, "count.private")
        answer = await anna.told("answered")
    async with a_window(run, "bo") as bo:
        shown = rooms(await bo.told("state"))["general"]["said"]

    assert answer["card"]["fallbackText"] == "private"
    assert [said["card"]["fallbackText"] for said in shown] == ["Counted to 0"]


async def test_reading_in_one_window_is_reading_in_all_of_ones_windows(run):
    await run.chat.post("approvals", counter(0))
    async with a_window(run) as first, a_window(run) as second, a_window(run, "bo") as bo:
        assert rooms(await bo.told("state"))["approvals"]["seen"] == 0
        await first.read("approvals")

        seen = await second.told("read_up_to")
        assert (seen["seen"]["person"], seen["seen"]["room"]) == ("anna", "approvals")
    async with a_window(run, "bo") as bo:
        assert rooms(await bo.told("state"))["approvals"]["seen"] == 0


async def test_a_conversation_that_nobody_named_is_shown_all_the_same(run):
    async with a_window(run) as anna:
        await run.chat.post("credit-risk", counter(0))
        spoken = await anna.told("spoken")

    assert spoken["room"] == {"id": "credit-risk", "title": "credit-risk", "about": ""}
    async with a_window(run) as anna:
        assert "credit-risk" in rooms(await anna.told("state"))


async def test_a_worker_updates_a_card_where_it_stands(run):
    activity = await run.chat.post("general", counter(0))
    async with a_window(run) as anna:
        await run.chat.update("general", activity, counter(5))
        spoken = await anna.told("spoken", id=activity)

    assert spoken["said"]["card"]["fallbackText"] == "Counted to 5"


async def test_words_without_a_card_are_shown_too(run):
    async with a_window(run) as anna:
        await run.chat.say("@anna", "Your release is checked.")
        spoken = await anna.told("spoken")

    assert spoken["said"]["text"] == "Your release is checked."


async def test_half_an_emoji_is_replaced_and_what_was_typed_with_it_is_heard(run):
    """A browser sends it where a text was cut in the middle of one."""
    activity = await run.chat.post("general", counter(0))
    async with a_window(run) as anna:
        await anna.say("count \ud83d")
        await anna.told("spoken", by="anna", text="count ?")
        await anna.told("settled")
        await anna.press(activity, "count.up", seen="0", comment="good \ud83d")
        answer = await anna.told("answered")

    assert "because good ?" in json.dumps(answer["card"])


DEEP = '{"type":"press","room":"general","activity":"a","verb":"x","data":{"a":%s}}'
NO_PAGES = ["", "{", "[]", '{"type": "shutdown"}', '{"type": "say"}']
NESTED = [DEEP % ("[" * depth + "]" * depth) for depth in (900, 990, 5000)]


@pytest.mark.parametrize("text", [*NO_PAGES, *NESTED], ids=range(8))
async def test_what_no_page_of_ours_sends_is_passed_over(run, text):
    async with a_window(run) as anna:
        await anna.send(text)
        await anna.say("still here")
        await anna.told("settled")


async def test_a_restart_keeps_what_was_said_and_what_was_read(tmp_path):
    async with a_chat(tmp_path) as before:
        activity = await before.chat.post("general", counter(0))
        await before.chat.update("general", activity, counter(1))
        async with a_window(before) as anna:
            await anna.read("general")
            await anna.told("read_up_to")
    async with a_chat(tmp_path) as after, a_window(after) as anna:
        general = rooms(await anna.told("state"))["general"]
        again = await after.chat.post("general", counter(2))

    assert [said["card"]["fallbackText"] for said in general["said"]] == ["Counted to 1"]
    assert general["seen"] == general["said"][0]["changed"]
    assert again != activity
