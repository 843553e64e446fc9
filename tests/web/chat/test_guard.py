"""The window is for this machine: no other host, no other page, no address outside."""

import json
import re
from pathlib import Path

import aiohttp
import aiohttp.web
import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

import web.chat
from core.errors import SettingsError
from tests.web.chat.serving import a_chat, chat_settings
from web.chat import chat_app
from web.chat.bot_line import NO_ANSWER

PAGE = Path(web.chat.__file__).parent / "page"
ROOM = "/chat/connector/v3/conversations/general/activities"


@pytest.fixture
async def run(tmp_path):
    async with a_chat(tmp_path) as running:
        yield running


@pytest.fixture
async def browser():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    "path", ["/chat/", "/chat/people", "/chat/page/chat.js", "/chat/renderer/adaptivecards.min.js"]
)
async def test_everything_comes_from_here_and_says_so(run, browser, path):
    async with browser.get(run.url + path) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_without_the_slash_one_is_led_to_the_page(run, browser):
    async with browser.get(f"{run.url}/chat") as answer:
        assert (answer.status, answer.url.path) == (200, "/chat/")


@pytest.mark.parametrize("file", sorted(PAGE.glob("*.*")), ids=lambda path: path.name)
def test_no_file_names_an_address_outside(file):
    found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", file.read_text())

    assert [address for address in found if "www.w3.org/2000/svg" not in address] == []


@pytest.mark.parametrize("path", ["/chat/renderer/package.json", "/chat/page/../app.py"])
async def test_no_other_file_is_given_away(run, browser, path):
    async with browser.get(run.url + path) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "10.0.0.7", "["])
@pytest.mark.parametrize("path", ["/chat/", "/chat/people", "/chat/socket?as=anna"])
async def test_a_rebound_name_sees_nothing(run, browser, host, path):
    async with browser.get(run.url + path, headers={"Host": host}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}],
)
async def test_another_page_opens_no_socket(run, browser, headers):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await browser.ws_connect(f"{run.url}/chat/socket?as=anna", headers=headers)

    assert refused.value.status == 403


async def test_who_is_not_in_the_list_opens_no_socket(run, browser):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await browser.ws_connect(f"{run.url}/chat/socket?as=mallory", headers={"Origin": run.url})

    assert refused.value.status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Origin": "http://evil.example"},
        {"Content-Type": "application/json", "Host": "evil.example"},
    ],
)
async def test_another_page_posts_no_card(run, browser, headers):
    body = json.dumps({"type": "message", "text": "approved"})
    async with browser.post(run.url + ROOM, data=body, headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("call", "activity", "status"),
    [
        ("POST", {"type": "message", "text": "x"}, 201),
        ("POST /a1", {"type": "message", "attachments": [{"contentType": "x"}]}, 201),
        ("POST", {"type": "typing"}, 201),
        ("POST", {"type": 1}, 400),
        ("POST", ["message"], 400),
        ("PUT /a99", {"type": "message"}, 404),
        ("DELETE /a99", {}, 404),
    ],
)
async def test_the_connector_answers_as_the_channels_does(run, browser, call, activity, status):
    method, _, path = call.partition(" ")
    async with browser.request(method, run.url + ROOM + path, json=activity) as answer:
        assert answer.status == status


NO_ACTIVITIES = {
    "nothing": b"",
    "no text": b'{"type":"message","text":"\xff"}',
    "too deep": b'{"type":"message","attachments":[{"content":'
    + b"[" * 5000
    + b"]" * 5000
    + b"}]}",
}


@pytest.mark.parametrize("kind", NO_ACTIVITIES)
async def test_what_is_no_activity_is_not_posted(run, browser, kind):
    headers = {"Content-Type": "application/json"}
    async with browser.post(run.url + ROOM, data=NO_ACTIVITIES[kind], headers=headers) as answer:
        assert (answer.status, "Nothing was posted" in await answer.text()) == (400, True)


async def test_what_is_taken_away_cannot_be_changed_again(run, browser):
    async with browser.post(run.url + ROOM, json={"type": "message", "text": "x"}) as answer:
        path = f"{run.url}{ROOM}/{(await answer.json())['id']}"
    async with browser.delete(path, json={}) as answer:
        assert answer.status == 200
    async with browser.put(path, json={"type": "message"}) as answer:
        assert (await answer.json())["error"]["code"] == "ActivityNotFoundInConversation"


async def test_a_bot_that_is_away_is_said_so(tmp_path):
    """The window's own settings name a door that nobody opened."""
    settings = chat_settings("http://127.0.0.1:9", tmp_path / "chat.jsonl")
    async with TestClient(TestServer(chat_app_alone(settings))) as client:
        origin = {"Origin": f"http://{client.host}:{client.port}"}
        socket = await client.ws_connect("/chat/socket?as=anna", headers=origin)
        await socket.receive_json()
        await socket.send_json({"type": "say", "room": "general", "text": "hello"})
        await socket.receive_json()
        assert (await socket.receive_json())["text"] == NO_ANSWER
        press = {"type": "press", "room": "general", "activity": "a1", "verb": "x"}
        await socket.send_json(press)
        assert (await socket.receive_json())["text"] == NO_ANSWER


def chat_app_alone(settings):
    app = aiohttp.web.Application()
    app.add_subapp("/chat", chat_app(settings))
    return app


@pytest.mark.parametrize("base_url", ["http://10.0.0.7:80", "https://sluss.example", "nonsense"])
def test_off_this_machine_there_is_no_window(tmp_path, base_url):
    with pytest.raises(SettingsError, match="Nothing was started"):
        chat_app(chat_settings(base_url, tmp_path / "chat.jsonl"))


def test_without_the_renderer_it_says_what_to_run(tmp_path):
    settings = chat_settings("http://127.0.0.1:80", tmp_path / "chat.jsonl")

    with pytest.raises(SettingsError, match="make setup"):
        chat_app(msgspec.structs.replace(settings, renderer=tmp_path))
