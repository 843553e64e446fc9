"""Where a conversation's cards go is kept once; another address waits until the old one is gone."""

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.teams import FileAddresses, TeamsChat, TeamsSettings, teams_app
from adapters.teams.addresses import WAITING, Address
from core.errors import RefusedByChatError, UnknownNameError
from tests.adapters.teams.channel import People, a_connector, an_activity
from tests.adapters.teams.counting_bot import CountingBot, counter
from tests.adapters.teams.issuer import SERVICE, TENANT, Issuer, a_token
from tests.adapters.teams.test_signed_endpoint import Tokens

ROOM = "19:approvals@thread.tacv2"
ELSEWHERE = "https://smba.trafficmanager.net/amer/"
PLACE = {"id": ROOM, "conversationType": "channel", "tenantId": TENANT}
STRANGER = {"id": "29:m", "aadObjectId": "mallory"}
BOT = {"id": "28:bot"}
INSTALLED = {"type": "installationUpdate", "action": "add", "from": STRANGER}
ADDED = {"type": "conversationUpdate", "membersAdded": [BOT], "from": STRANGER}


@pytest.fixture
def told():
    return []


@pytest.fixture
def book(tmp_path, told):
    async def tell(change):
        told.append(change)

    return FileAddresses(tmp_path / "addresses.json", tell)


@pytest.fixture
async def endpoint(book):
    issuer = Issuer()
    async with issuer.server:
        app = teams_app(CountingBot(), People(), book, issuer.settings, tokens=Tokens)
        async with TestClient(TestServer(app)) as client:
            yield client


async def heard(endpoint, service=SERVICE, **more):
    activity = {**an_activity(service, conversation=PLACE), "type": "conversationUpdate", **more}
    headers = {"Authorization": f"Bearer {a_token(serviceurl=service)}"}
    answer = await endpoint.post("/messages", json=activity, headers=headers)
    assert answer.status == 202


@pytest.mark.parametrize("said", [INSTALLED, ADDED, {}], ids=["installed", "added", "known"])
async def test_an_address_is_kept_from_the_installation_or_somebody_known(endpoint, book, said):
    await heard(endpoint, **said)

    assert (await book.find_address(ROOM)).service_url == SERVICE


ANYBODY = {
    "a stranger": {"from": STRANGER},
    "nobody": {"from": None},
    "a guest": {"from": {"id": "29:x", "aadObjectId": "anna", "userRole": "guest"}},
    "another member was added": {"from": STRANGER, "membersAdded": [{"id": "29:y"}]},
    "somebody without a name": {"from": STRANGER, "membersAdded": [{}], "recipient": {}},
    "the app was removed": {**INSTALLED, "action": "remove"},
    "another tenant": {**INSTALLED, "conversation": {**PLACE, "tenantId": "another"}},
    "two tenants": {**INSTALLED, "channelData": {"tenant": {"id": "another"}}},
}


@pytest.mark.parametrize("who", ANYBODY)
async def test_of_anybody_else_nothing_is_kept(endpoint, book, who):
    await heard(endpoint, **ANYBODY[who])

    assert await book.find_address(ROOM) is None


@pytest.mark.parametrize("said", [INSTALLED, ADDED, {}, {"from": STRANGER}])
async def test_no_activity_moves_a_conversation(endpoint, book, told, said):
    await heard(endpoint)
    for _ in range(3):
        await heard(endpoint, ELSEWHERE, **said)

    assert (await book.find_address(ROOM)).service_url == SERVICE
    is_heard = said != {"from": STRANGER}
    assert [(change.new.service_url, change.is_in_force) for change in told] == [
        (ELSEWHERE, False)
    ] * is_heard


@pytest.mark.parametrize("before", ["?", WAITING, f"{WAITING}{WAITING}"], ids=ascii)
async def test_no_name_of_a_conversation_lets_an_address_wait_untold(endpoint, book, told, before):
    await heard(endpoint)
    await heard(endpoint, ELSEWHERE, conversation={**PLACE, "id": before + ROOM})

    was_told = bool(told)
    assert await book.take_change(ROOM) == was_told


async def test_the_same_address_again_is_no_change(endpoint, told):
    for _ in range(3):
        await heard(endpoint)

    assert told == []


async def test_two_starts_share_the_file(book, tmp_path):
    here = Address(service_url=SERVICE, conversation=ROOM)
    await book.keep_address(ROOM, here)

    assert await FileAddresses(tmp_path / "addresses.json").find_address(ROOM) == here


async def test_once_a_post_finds_the_old_one_gone_the_new_one_is_taken(book, told):
    async with a_connector() as old, a_connector() as new:
        old.peer.status, old.peer.text = 404, "ConversationNotFound"
        first = Address(service_url=old.url, conversation=ROOM)
        await book.keep_address(ROOM, first)
        await book.keep_address(ROOM, msgspec.structs.replace(first, service_url=new.url))
        chat = TeamsChat(book, TeamsSettings(is_local=True))

        await chat.post(ROOM, counter(1))
        await chat.post(ROOM, counter(2))

        assert (len(old.peer.posted), len(new.peer.posted)) == (1, 2)
        assert [change.is_in_force for change in told] == [False, True]


@pytest.mark.parametrize("status", [403, 429, 500, 502])
async def test_a_failure_that_may_pass_moves_nothing(book, status):
    async with a_connector() as old, a_connector() as new:
        old.peer.status = status
        first = Address(service_url=old.url, conversation=ROOM)
        await book.keep_address(ROOM, first)
        await book.keep_address(ROOM, msgspec.structs.replace(first, service_url=new.url))

        with pytest.raises(Exception, match="did not take the message"):
            await TeamsChat(book, TeamsSettings(is_local=True)).post(ROOM, counter(1))

        assert new.peer.posted == []
        assert await book.find_address(ROOM) == first


async def test_where_none_waits_a_lost_conversation_is_told(book):
    async with a_connector() as old:
        old.peer.status = 404
        await book.keep_address(ROOM, Address(service_url=old.url, conversation=ROOM))

        with pytest.raises(UnknownNameError):
            await TeamsChat(book, TeamsSettings(is_local=True)).post(ROOM, counter(1))


@pytest.mark.parametrize("url", ["https://evil.example/", "http://127.0.0.1:1/", "x"])
async def test_a_kept_address_of_another_host_gets_no_card(book, url):
    """It may have been kept before hosts were asked for."""
    settings = TeamsSettings(app_id="a", tenant="t", client_secret="x")
    await book.keep_address(ROOM, Address(service_url=url, conversation=ROOM))

    with pytest.raises(RefusedByChatError, match="not one of Microsoft's hosts"):
        await TeamsChat(book, settings, tokens=Tokens).post(ROOM, counter(1))
