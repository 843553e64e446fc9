"""Posting on our own: cards find their conversation, and what goes wrong is said in our words."""

import pytest
from aiohttp.test_utils import unused_port

from adapters.sql_store import SqlStore
from adapters.sql_store.beside import SqlConversations
from adapters.teams.addresses import Address, KeptAddresses, LocalAddresses
from adapters.teams.chat import TeamsChat, TeamsSettings
from core.errors import RefusedByChatError, UnavailableError, UnknownNameError
from tests.adapters.teams.cards import every_kind
from tests.adapters.teams.channel import a_connector
from tests.adapters.teams.counting_bot import counter

LOCAL = TeamsSettings(is_local=True)


@pytest.fixture
async def channel():
    async with a_connector() as connector:
        yield connector


@pytest.fixture
async def addresses(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    yield KeptAddresses(SqlConversations(store))
    await store.close()


@pytest.fixture
def chat(channel):
    return TeamsChat(LocalAddresses(channel.url), LOCAL)


async def test_a_card_is_posted_and_later_updated_in_place(chat, channel):
    activity = await chat.post("general", every_kind())
    await chat.update("general", activity, counter(3))

    assert activity == "posted-1"
    conversation, posted = channel.peer.posted[0]
    assert (conversation, posted["summary"]) == ("general", "loan_default waits for approval")
    updated, content = channel.peer.updated[0]
    assert (updated, content["summary"]) == ("posted-1", "Counted to 3")


async def test_a_word_is_said(chat, channel):
    await chat.say("@anna", "Your release is checked.")

    assert channel.peer.posted[0][0] == "@anna"
    assert channel.peer.posted[0][1]["text"] == "Your release is checked."


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (404, "", UnknownNameError),
        (400, "ActivityNotFoundInConversation", UnknownNameError),
        (400, "BadArgument", RefusedByChatError),
        (413, "", RefusedByChatError),
        (403, "", UnavailableError),
        (429, "", UnavailableError),
        (500, "", UnavailableError),
        (503, "", UnavailableError),
    ],
)
async def test_what_the_channel_refuses_is_said_in_our_words(chat, channel, status, text, error):
    channel.peer.status, channel.peer.text = status, text

    with pytest.raises(error):
        await chat.update("general", "posted-1", counter(1))
    with pytest.raises(error):
        await chat.post("general", counter(1))


@pytest.mark.parametrize("page", [b"{", b"[1]", b'{"id": null}', b"\xff\xfe"])
async def test_an_answer_that_is_none_of_the_channels_is_no_bug_of_ours(chat, channel, page):
    channel.peer.page = page

    for ask in (chat.post("general", counter(1)), chat.update("general", "p", counter(1))):
        with pytest.raises(UnavailableError, match="did not take the message"):
            await ask


async def test_a_busy_channel_is_given_time(chat, channel):
    channel.peer.status = 429

    with pytest.raises(UnavailableError) as refused:
        await chat.post("general", counter(1))

    assert refused.value.retry_after_s == 30.0


async def test_a_channel_that_is_away_loses_nothing():
    away = TeamsChat(LocalAddresses(f"http://127.0.0.1:{unused_port()}/"), LOCAL)

    with pytest.raises(UnavailableError, match="Nothing was lost"):
        await away.post("general", counter(1))


async def test_a_known_conversation_is_reached_where_it_told_us(channel, addresses):
    await addresses.keep_address("@bo", Address(service_url=channel.url, conversation="a:17"))
    await TeamsChat(addresses, LOCAL).post("@bo", counter(1))

    assert channel.peer.posted[0][0] == "a:17"


async def test_an_unknown_team_is_reached_through_the_usual_door(channel, addresses):
    settings = TeamsSettings(is_local=True, service_url=channel.url)
    await TeamsChat(addresses, settings).post("19:team", counter(1))

    assert channel.peer.posted[0][0] == "19:team"


async def test_somebody_who_never_wrote_to_the_bot_cannot_be_reached(channel, addresses):
    with pytest.raises(UnknownNameError, match="@bo"):
        await TeamsChat(addresses, LOCAL).post("@bo", counter(1))


async def test_a_card_has_an_address_at_which_a_person_reads_it(addresses):
    """https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-teams"""
    settings = TeamsSettings(is_local=False, app_id="a", tenant="t", client_secret="s")
    chat = TeamsChat(addresses, settings)
    url = "https://smba.trafficmanager.net/emea/"
    for name, place in {
        "room": "19:risk@thread.tacv2;messageid=17", "group": "19:ab_cd@unq.gbl.spaces",
        "@anna": "a:1-alone-with-the-bot",
    }.items():  # fmt: skip
        address = Address(service_url=url, conversation=place, tenant="t")
        await addresses.keep_address(name, address)

    links = [await chat.link(name, "16/2") for name in ("room", "19:x@thread.tacv2", "group")]
    assert links == [
        "https://teams.microsoft.com/l/message/19%3Arisk%40thread.tacv2/16%2F2?tenantId=t&parentMessageId=17",
        "https://teams.microsoft.com/l/message/19%3Ax%40thread.tacv2/16%2F2?tenantId=t&parentMessageId=16%2F2",
        "https://teams.microsoft.com/l/message/19%3Aab_cd%40unq.gbl.spaces/16%2F2?tenantId=t&context=%7B%22contextType%22%3A%22chat%22%7D",
    ]
    assert await chat.link("@anna", "1") == ""


async def test_the_chat_window_has_no_such_address(chat):
    assert await chat.link("19:x@thread.tacv2", "1") == ""
