"""A local start: who speaks, posts or sends again has the token of this start, and a run has not."""

import asyncio
import json

import aiohttp
import pytest
from yarl import URL

from adapters.mlflow.command import free_port
from adapters.teams.activities import text_card
from sluss.demo.visitor import Visitor
from sluss.home.chat_token import chat_address, chat_token, chat_token_file, fresh_chat_token
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.lock import Role
from sluss.wiring.server import Server


@pytest.fixture
def settings(tmp_path):
    prepare_home(tmp_path / "home")
    environ = {"SLUSS_PORT": str(free_port()), "SLUSS_MLFLOW_URL": "http://127.0.0.1:1"}
    return load(tmp_path / "home", environ)


@pytest.fixture
async def server(settings):
    async with Server(settings, Role.GATEWAY) as found:
        yield found


@pytest.fixture
def up(server, settings):
    return settings


@pytest.fixture
async def browser():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as found:
        yield found


def an_activity(url, **more):
    return {
        "type": "message",
        "id": "1",
        "text": "help",
        "channelId": "msteams",
        "serviceUrl": f"{url}/chat/connector/",
        "from": {"id": "bo", "aadObjectId": "bo"},
        "recipient": {"id": "sluss"},
        "conversation": {"id": "general"},
        **more,
    }


async def test_it_lies_where_only_its_owner_reads_it_and_is_new_at_each_start(settings):
    seen = set()
    for _ in range(2):
        async with Server(settings, Role.GATEWAY):
            seen.add(chat_token(settings.home))
            await asyncio.sleep(0.05)  # the engine has begun

    assert len(seen) == 2
    assert all(len(token) >= 32 for token in seen)
    assert chat_token_file(settings.home).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in chat_token_file(settings.home).parent.glob(".*")] == []


async def test_what_reads_the_home_as_secrets_takes_it_for_one(settings):
    """So that the scrubber of logs knows it, and no start stumbles over it."""
    token = fresh_chat_token(settings.home)

    assert load(settings.home, {}).secrets.find("chat_token") == token


async def test_nothing_is_said_pressed_or_posted_without_it(up, browser):
    url = up.public_url
    posts = [
        ("/api/messages", an_activity(url)),
        ("/chat/connector/v3/conversations/general/activities", {"type": "message", "text": "x"}),
        ("/deliveries/steps/redrive", {}),
    ]
    for path, body in posts:
        async with browser.post(url + path, json=body) as answer:
            assert answer.status == 401, path
    for path in ("/", "/chat", "/chat/people", "/releases/../chat/people", "/chat/%70eople"):
        async with browser.get(URL(url + path, encoded=True)) as answer:
            assert answer.status in {401, 404}, path
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await browser.ws_connect(f"{url}/chat/socket?as=bo", origin=url)
    assert not (up.home / "chat.jsonl").exists()


async def test_the_printed_address_opens_the_window_and_the_bot_answers_there(up, browser):
    async with browser.get(chat_address(up.home, up.public_url)) as page:
        assert page.status == 200
        assert (page.url.path, page.url.query_string) == ("/chat/", "")
    async with browser.ws_connect(
        f"{up.public_url}/chat/socket?as=bo", origin=up.public_url
    ) as window:
        await window.receive_json(timeout=10)
        await window.send_json({"type": "say", "room": "general", "text": "help"})
        async with asyncio.timeout(20):
            while "model status" not in json.dumps(await window.receive_json()):
                pass


async def test_a_press_as_large_as_a_book_is_answered_in_words(up, browser):
    proof = {"Authorization": f"Bearer {chat_token(up.home)}"}
    async with browser.ws_connect(
        f"{up.public_url}/chat/socket?as=bo", origin=up.public_url, headers=proof
    ) as window:
        await window.receive_json(timeout=10)
        data = {"comment": "x" * 900_000}
        press = {"type": "press", "room": "general", "activity": "a1", "verb": "x", "data": data}
        await window.send_json(press)
        answered = await window.receive_json(timeout=20)

    assert answered["type"] == "answered"
    assert "larger than 256 KB" in answered["text"]


async def test_a_cookie_of_another_page_of_this_machine_does_not_speak(up, browser):
    """A page of another port sends the cookie along, and its origin with it."""
    async with browser.get(chat_address(up.home, up.public_url)):
        pass
    for path in ("/api/messages", "/deliveries/steps/redrive"):
        async with browser.post(
            up.public_url + path,
            json=an_activity(up.public_url),
            headers={"Origin": "http://127.0.0.1:1"},
        ) as answer:
            assert answer.status in {401, 403}, path
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await browser.ws_connect(f"{up.public_url}/chat/socket?as=bo", origin="http://127.0.0.1:1")


async def test_a_visitor_with_the_token_is_heard(up):
    bo = up.files.people[1]

    answer = await Visitor(bo, up.public_url, token=chat_token(up.home)).press("release.explode")

    assert "older kind of card" in answer.refusal
    with pytest.raises(aiohttp.ClientResponseError, match="401"):
        await Visitor(bo, up.public_url, token="wrong").press("release.explode")


async def test_the_bot_shows_it_when_it_posts_unasked(up, server):
    """A worker is another process: it reads the token of the start that is up."""
    posted = await server.parts.chat.post("general", text_card("A release waits"))

    assert posted
    assert "A release waits" in (up.home / "chat.jsonl").read_text("utf-8")


WRITES = {
    "/api/messages": "POST",
    "/chat/socket?as=bo": "GET",
    "/chat/connector/v3/conversations/general/activities": "POST",
    "/chat/connector/v3/conversations/general/activities/a1": "PUT",
    "/deliveries/steps/redrive": "POST",
    "/hooks/azure-devops": "POST",
    "/hooks/mlflow": "POST",
}
LINK, FORM = {}, {"Content-Type": "application/x-www-form-urlencoded"}
FOREIGN = {"Origin": "http://evil.example", "Content-Type": "application/json"}
NEXT_DOOR = {"Origin": "http://127.0.0.1:1", "Content-Type": "application/json"}
REBOUND = {"Host": "evil.example", "Content-Type": "application/json"}
SOCKET = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
WAYS = {
    "a link preview": ("GET", LINK),
    "a head": ("HEAD", LINK),
    "a form": (None, FORM),
    "a foreign page": (None, FOREIGN),
    "a page next door": (None, NEXT_DOOR),
    "a rebound name": (None, REBOUND),
    "a foreign page's socket": ("GET", {**SOCKET, "Origin": "http://evil.example"}),
    "a socket of nobody": ("GET", SOCKET),
    "a question": ("OPTIONS", FOREIGN),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", WRITES)
async def test_whoever_leads_a_browser_there_brings_nothing_about(up, server, browser, path, way):
    """The browser has the cookie of this start, so that the token alone would let it in."""
    async with browser.get(chat_address(up.home, up.public_url)):
        pass
    method, headers = WAYS[way]
    said = json.dumps(an_activity(up.public_url, text="retry loan-1"))

    async with browser.request(
        method or WRITES[path], up.public_url + path, headers=headers, data=said
    ) as answer:
        assert 400 <= answer.status < 500, answer.status

    assert not (up.home / "chat.jsonl").exists()
    assert [line async for line in server.parts.store.export()] == []
