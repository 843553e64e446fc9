"""On one machine: activities come in from this machine alone, cards and refusals go out."""

import asyncio
import json

import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.teams.addresses import LocalAddresses
from adapters.teams.chat import TeamsSettings, teams_app
from core.errors import SettingsError
from tests.adapters.teams.channel import People, a_click, a_connector, an_activity
from tests.adapters.teams.counting_bot import SECRET, CountingBot

MESSAGE = "application/vnd.microsoft.activity.message"
CARD = "application/vnd.microsoft.card.adaptive"


@pytest.fixture
async def channel():
    async with a_connector() as connector:
        yield connector


@pytest.fixture
def bot():
    return CountingBot()


@pytest.fixture
async def endpoint(bot, channel):
    settings = TeamsSettings(is_local=True)
    app = teams_app(bot, People(), LocalAddresses(channel.url), settings)
    async with TestClient(TestServer(app)) as client:
        yield client


async def say(endpoint, channel, text, **more):
    answer = await endpoint.post("/messages", json=an_activity(channel.url, text=text, **more))
    return answer.status


async def press(endpoint, channel, verb, **more):
    answer = await endpoint.post("/messages", json=a_click(channel.url, verb, **more))
    return answer.status, await answer.json()


def shown(channel):
    """All that the last posted card says."""
    return json.dumps(channel.peer.posted[-1][1]["attachments"][0]["content"], ensure_ascii=False)


async def test_a_message_is_answered_with_a_card_in_its_conversation(endpoint, channel, bot):
    assert await say(endpoint, channel, "/hello") == 202

    conversation, posted = channel.peer.posted[0]
    assert conversation == "general"
    assert posted["summary"] == "Anna Berg said /hello"
    assert posted["attachments"][0]["contentType"] == CARD
    person, text, where = bot.heard[0]
    assert (person.id, person.identity) == ("anna", "local_unverified")
    assert (text, where) == ("/hello", "general")


async def test_a_personal_conversation_is_named_after_the_person(endpoint, channel, bot):
    await say(endpoint, channel, "hi", conversation={"id": "a:1", "conversationType": "personal"})

    assert bot.heard[0][2] == "@anna"


async def test_a_thread_is_its_channel(endpoint, channel, bot):
    await say(endpoint, channel, "hi", conversation={"id": "19:a@thread.tacv2;messageid=17"})

    assert bot.heard[0][2] == "19:a@thread.tacv2"


async def test_a_name_makes_nobody_a_person(endpoint, channel, bot):
    await say(endpoint, channel, "hello", person="somebody-else")

    assert bot.heard == []
    assert "I do not know you" in shown(channel)
    assert "platform team" in shown(channel)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("refuse", ["You pushed this release.", "Bo or Cara may approve it."]),
        ("unknown", ["There is no model called 'lone'.", "Did you mean loan?"]),
        ("down", ["The registry does not answer."]),
        ("break", ["Something went wrong on our side."]),
    ],
)
async def test_what_went_wrong_is_a_small_card(endpoint, channel, text, said):
    assert await say(endpoint, channel, text) == 202

    assert all(words in shown(channel) for words in said)
    assert SECRET not in shown(channel)


async def test_a_click_answers_the_person_and_updates_the_card_for_everybody(endpoint, channel):
    data = {"seen": "0", "comment": "it is time"}
    status, answer = await press(endpoint, channel, "count.up", data=data)

    assert (status, answer["statusCode"], answer["type"]) == (200, 200, CARD)
    assert "because it is time" in json.dumps(answer["value"])
    activity, updated = channel.peer.updated[0]
    assert activity == "card-1"
    assert updated["attachments"][0]["content"] == answer["value"]


async def test_the_bot_learns_who_pressed_what_and_where(endpoint, channel, bot):
    await press(endpoint, channel, "count.up", data={"seen": "0", "flag": True, "none": None})

    click = bot.clicks[0]
    assert (click.id, click.person.id, click.verb) == ("click-1", "anna", "count.up")
    assert (click.conversation, click.activity) == ("general", "card-1")
    assert click.data == {"seen": "0", "flag": "true"}


async def test_a_refused_click_leaves_the_card_as_it_is(endpoint, channel):
    status, answer = await press(endpoint, channel, "count.refuse")

    assert (status, answer["type"]) == (200, MESSAGE)
    assert answer["value"] == "You pushed this release. Bo or Cara may approve it."
    assert channel.peer.updated == []


async def test_an_old_card_becomes_the_newest_for_everybody(endpoint, channel):
    """And who pressed reads why not above it, where the update would have wiped a word."""
    _, answer = await press(endpoint, channel, "count.old")

    (activity, updated) = channel.peer.updated[0]
    assert activity == "card-1"
    newest = updated["attachments"][0]["content"]
    assert "Counted to 0" in json.dumps(newest)
    assert answer["type"] == CARD
    assert "This card is out of date." in json.dumps(answer["value"]["body"][0])
    assert answer["value"]["body"][1:] == newest["body"]
    assert answer["value"]["actions"] == newest["actions"]


@pytest.mark.parametrize(
    ("verb", "said"),
    [("count.break", "Something went wrong on our side"), ("old.button", "There is no button")],
)
async def test_a_click_that_fails_says_so_and_no_more(endpoint, channel, verb, said):
    _, answer = await press(endpoint, channel, verb)

    assert answer["type"] == MESSAGE
    assert answer["value"].startswith(said)
    assert SECRET not in answer["value"]


async def test_a_private_card_is_for_one_person(endpoint, channel):
    _, answer = await press(endpoint, channel, "count.private")

    assert "only for Anna Berg" in json.dumps(answer["value"])
    assert channel.peer.updated == []


async def test_a_double_click_counts_once_and_both_see_the_same(endpoint, channel, bot):
    twice = [press(endpoint, channel, "count.up", data={"seen": "0"}) for _ in range(2)]
    (_, first), (_, second) = await asyncio.gather(*twice)

    assert bot.count == 1
    assert first == second


async def test_an_update_that_the_channel_refuses_takes_nothing_back(endpoint, channel):
    channel.peer.status = 404
    status, answer = await press(endpoint, channel, "count.up", data={"seen": "0"})

    assert (status, answer["type"]) == (200, CARD)


@pytest.mark.parametrize("page", [b"<html>", b"[]", b'{"id": 5}'])
async def test_an_update_answered_by_something_else_than_the_channel_takes_nothing_back(
    endpoint, channel, page
):
    """As the page of a gateway before it: the decision stands, and its card says so."""
    channel.peer.status, channel.peer.page = 200, page
    status, answer = await press(endpoint, channel, "count.up", data={"seen": "0"})
    said = await say(endpoint, channel, "/hello")

    assert (status, answer["type"], said) == (200, CARD, 202)


async def test_a_stranger_cannot_press(endpoint, channel, bot):
    _, answer = await press(endpoint, channel, "count.up", person="somebody-else")

    assert answer["value"].startswith("I do not know you")
    assert bot.clicks == []


@pytest.mark.parametrize("value", [None, "x", {"action": "x"}, {"action": {"verb": 1}}, []])
async def test_a_press_that_cannot_be_read_does_nothing(endpoint, channel, bot, value):
    _, answer = await press(endpoint, channel, "count.up", value=value)

    assert answer["value"].startswith("This button could not be read")
    assert bot.clicks == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"3", b"{}", b'{"type": 1}', b'{"type": "message", "id": {}}']
)
async def test_what_is_no_activity_is_refused(endpoint, body):
    answer = await endpoint.post(
        "/messages", data=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
async def test_a_web_page_cannot_speak_for_a_person(endpoint, channel, bot, headers):
    body = json.dumps(an_activity(channel.url, text="approve"))
    sent = {"Content-Type": "application/json", **headers}
    answer = await endpoint.post("/messages", data=body, headers=sent)

    assert answer.status == 401
    assert bot.heard == []


@pytest.mark.parametrize("host", ["::", "10.0.0.7", "sluss.example", ""])
def test_local_mode_listens_to_this_machine_alone(host):
    settings = TeamsSettings(is_local=True, host=host)

    with pytest.raises(SettingsError, match="Nothing was started"):
        teams_app(CountingBot(), People(), LocalAddresses("http://127.0.0.1/"), settings)


GUID = "00000000-aaaa-4000-8000-000000000001"
UNKNOWN = [
    ({}, "SLUSS_TEAMS_APP_ID is not set"),
    ({"app_id": "a"}, "SLUSS_TEAMS_APP_ID is 'a'"),
    ({"app_id": GUID}, "SLUSS_TEAMS_TENANT is not set"),
    ({"app_id": GUID, "tenant": "bank.example"}, "SLUSS_TEAMS_TENANT is 'bank.example'"),
    ({"app_id": GUID, "tenant": GUID}, "SLUSS_SECRET_TEAMS_CLIENT_SECRET .* is not set"),
]


@pytest.mark.parametrize(("known", "message"), UNKNOWN)
def test_anywhere_else_the_registration_must_be_known(known, message):
    with pytest.raises(SettingsError, match=message):
        teams_app(
            CountingBot(), People(), LocalAddresses("http://127.0.0.1/"), TeamsSettings(**known)
        )


def test_settings_never_show_the_secret():
    assert "hunter2" not in repr(TeamsSettings(client_secret="hunter2"))
