"""Without the token of this start nobody speaks or sends; with it, a browser keeps it as a cookie."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web.start_token import StartToken

TOKEN = "a-token-of-this-start"
COOKIE = "sluss_8100"
CLOSED = [
    ("GET", "/"),
    ("GET", "/chat"),
    ("GET", "/chat/"),
    ("GET", "/chat/people"),
    ("GET", "/chat/socket"),
    ("HEAD", "/chat/"),
    ("POST", "/api/messages"),
    ("POST", "/chat/connector/v3/conversations/general/activities"),
    ("PUT", "/chat/connector/v3/conversations/general/activities/a1"),
    ("DELETE", "/chat/connector/v3/conversations/general/activities/a1"),
    ("POST", "/deliveries/steps/redrive"),
    ("POST", "/releases"),
    ("DELETE", "/style/sluss.css"),
    ("OPTIONS", "/releases"),
    ("GET", "/something/new"),
    ("GET", "/chatty"),
    ("POST", "/hooks"),
]
OPEN = [
    ("GET", "/releases"),
    ("GET", "/releases/loan-1"),
    ("HEAD", "/deliveries"),
    ("GET", "/style/sluss.css"),
    ("GET", "/chat/page/icon.svg"),
    ("GET", "/health/ready"),
    ("POST", "/hooks/azure-devops"),
]
WRONG = {
    "nothing": {},
    "another token": {"headers": {"Authorization": "Bearer a-token-of-another-start"}},
    "an empty one": {"headers": {"Authorization": "Bearer "}},
    "another kind": {"headers": {"Authorization": f"Basic {TOKEN}"}},
    "half of it": {"headers": {"Authorization": f"Bearer {TOKEN[:-1]}"}},
    "no ASCII": {"params": {"token": "Å"}},
    "an empty address": {"params": {"token": ""}},
    "another port's cookie": {"cookies": {"sluss_8200": TOKEN}},
    "an old cookie": {"cookies": {COOKIE: "a-token-of-another-start"}},
}
SHOWN = {
    "bearer": {"headers": {"Authorization": f"bearer {TOKEN}"}},
    "cookie": {"cookies": {COOKIE: TOKEN}},
    "address": {"params": {"token": TOKEN}},
}


async def came_in(_request):
    return web.Response(text="in")


@pytest.fixture
async def client():
    app = web.Application(middlewares=[StartToken(TOKEN, 8100).guard()])
    app.router.add_route("*", "/{path:.*}", came_in)
    jar = aiohttp.CookieJar(unsafe=True)  # which keeps the cookies of an address without a name
    async with TestClient(TestServer(app), cookie_jar=jar) as found:
        yield found


async def asked(client, method, path, how):
    return await client.request(method, path, allow_redirects=False, **how)


@pytest.mark.parametrize(("method", "path"), [*OPEN[:-1], *CLOSED, ("GET", "/metrics")])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8100", ""])
async def test_under_a_rebound_name_every_address_is_closed(client, method, path, host):
    """But that of deliveries, which may come by a tunnel: their senders prove who they are."""
    how = {"headers": {"Host": host, **SHOWN["bearer"]["headers"]}}
    assert (await asked(client, method, path, how)).status == 403


@pytest.mark.parametrize(("method", "path"), CLOSED)
@pytest.mark.parametrize("kind", WRONG)
async def test_without_it_every_address_that_acts_is_closed(client, method, path, kind):
    assert (await asked(client, method, path, WRONG[kind])).status == 401


@pytest.mark.parametrize(("method", "path"), OPEN)
async def test_what_only_reads_or_proves_itself_is_open(client, method, path):
    assert (await asked(client, method, path, {})).status == 200


@pytest.mark.parametrize(("method", "path"), CLOSED)
@pytest.mark.parametrize("kind", SHOWN)
async def test_with_it_they_are_open(client, method, path, kind):
    is_navigation = kind == "address" and path in {"/", "/chat", "/chat/"}

    answer = await asked(client, method, path, SHOWN[kind])

    assert answer.status == (303 if is_navigation else 200)


async def test_the_token_leaves_the_address_and_the_browser_keeps_it(client):
    address = f"/chat/?as=anna&token={TOKEN}"
    answer = await client.get(address, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/chat/?as=anna")
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"

    assert (await client.get(address)).status == 200
    assert (await client.get("/chat/people")).status == 200


async def test_a_person_reads_where_the_address_is(client):
    page = await client.get("/chat/")

    assert page.content_type == "text/html"
    said = await page.text()
    assert "sluss up" in said
    assert "secrets/chat_token" in said


async def test_a_program_reads_it_in_one_sentence(client):
    said = await (await client.post("/api/messages", json={})).json()

    assert "secrets/chat_token" in said["error"]
    assert TOKEN not in str(said)


async def test_an_empty_token_opens_nothing():
    app = web.Application(middlewares=[StartToken("", 8100).guard()])
    app.router.add_route("*", "/{path:.*}", came_in)
    async with TestClient(TestServer(app)) as client:
        for how in ({}, {"params": {"token": ""}}, {"cookies": {COOKIE: ""}}):
            assert (await asked(client, "GET", "/chat", how)).status == 401
