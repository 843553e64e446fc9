"""Nothing that an activity says is answered as an error of ours, and nothing large is read."""

import gzip
import json

import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.teams import FileAddresses, teams_app
from tests.adapters.teams.channel import People, a_click, an_activity
from tests.adapters.teams.issuer import SERVICE, TENANT, a_token
from tests.adapters.teams.test_signed_endpoint import Tokens

PLACE = {"id": "19:a@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}
KINDS = ["invoke", "conversationUpdate", "installationUpdate", "event"]
STRANGE = [
    None,
    "",
    0,
    -1,
    True,
    [],
    {},
    [None],
    {"id": None},
    {"id": {}},
    "\ud83d",
    "\u202e\u0000",
    "x" * 5000,
    10**400,
    1e308,
    [[[[[[[[]]]]]]]],
]
FIELDS = [
    "type", "id", "name", "text", "from", "recipient", "conversation", "channelId", "serviceUrl",
    "replyToId", "value", "channelData", "entities", "attachments", "deliveryMode", "membersAdded",
    "timestamp", "localTimestamp", "locale", "callerId", "relatesTo", "expiration", "action",
    "suggestedActions", "textFormat", "membersRemoved", "reactionsAdded", "semanticAction",
]  # fmt: skip
SAID = [
    {"recipient": {"id": "28:bot", "role": "agenticUser"}},
    {"recipient": {"id": "28:bot", "role": "agenticAppInstance", "agenticAppId": "x"}},
    {"recipient": {"id": "28:bot", "role": "connectoruser"}},
    {"deliveryMode": "expectReplies"},
    {"deliveryMode": "stream"},
    {"entities": [{"type": "ProductInfo", "id": "other"}], "channelId": "msteams:one"},
    {"entities": [{"type": "mention", "mentioned": 5}]},
    {"name": "composeExtension/queryLink", "value": {"url": "https://sluss.example/approve"}},
    {"name": "signin/verifyState"},
    {"name": ""},
    {"value": {"action": {"verb": "\ud83d", "data": {"\udc00": "\ud83d"}}}},
    {"value": {"action": {"verb": "count.up", "data": {"comment": [1e308, {"a": ["\ud83d"]}]}}}},
]


@pytest.fixture
async def endpoint(issuer, bot, tmp_path):
    book = FileAddresses(tmp_path / "addresses.json")
    app = teams_app(bot, People(), book, issuer.settings, tokens=Tokens)
    async with TestClient(TestServer(app)) as client:
        yield client


async def send(endpoint, body, **headers):
    known = {"Authorization": f"Bearer {a_token()}", "Content-Type": "application/json", **headers}
    return await endpoint.post("/messages", data=body, headers=known)


def of_kind(kind, **more):
    make = (
        a_click(SERVICE, "count.private") if kind == "invoke" else an_activity(SERVICE, text="hi")
    )
    # nothing is posted back: a stranger's activity, or one that is no message
    return {**make, "type": kind, "conversation": PLACE, **more}


@pytest.mark.parametrize("field", FIELDS)
async def test_no_value_of_a_field_is_an_error_of_ours(endpoint, field):
    for kind in KINDS[:2]:
        for value in STRANGE:
            answer = await send(endpoint, json.dumps(of_kind(kind, **{field: value})))
            assert answer.status < 500, (kind, value)


@pytest.mark.parametrize("said", SAID)
async def test_nothing_that_the_sdk_would_stumble_over_reaches_it(endpoint, said):
    for kind in KINDS:
        answer = await send(endpoint, json.dumps(of_kind(kind, **said)))
        assert answer.status < 500, kind


@pytest.mark.parametrize("inside", ["from", "recipient", "conversation", "channelData"])
async def test_nor_does_what_is_inside(endpoint, inside):
    for name in ("id", "role", "tenantId", "tenant", "aadObjectId", "name", "conversationType"):
        for value in STRANGE:
            said = {**of_kind("invoke").get(inside, {}), name: value}
            answer = await send(endpoint, json.dumps(of_kind("invoke", **{inside: said})))
            assert answer.status < 500, (name, value)


BODIES = {
    "nothing": b"",
    "half": b'{"type": "message"',
    "deep": b"[" * 100_000,
    "deep inside": b'{"type":"invoke","conversation":{"id":"a"},"value":' + b"[" * 50_000,
    "deep and whole": b'{"type":"invoke","value":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
    "no text": b"\xff\xfe\x00",
    "a huge number": b'{"type":' + b"9" * 100_000 + b"}",
    "a number without end": b'{"type": "message", "conversation": {"id": 1e999}}',
    "not a number": b"NaN",
    "another encoding": json.dumps({"type": "message"}).encode("utf-16"),
    "no JSON": b"<activity/>",
}


@pytest.mark.parametrize("kind", BODIES)
async def test_what_is_no_activity_is_said_to_be_none(endpoint, kind):
    answer = await send(endpoint, BODIES[kind])

    assert answer.status == 400
    assert "Nothing was done" in (await answer.json())["error"]


# By name: a packed body holds the second at which it was packed.
NO_GZIP = {"other bytes": b"no gzip", "an early end": gzip.compress(b"{}")[:-6]}


@pytest.mark.parametrize("kind", NO_GZIP)
async def test_a_body_that_is_not_what_its_headers_say_is_none(endpoint, kind):
    answer = await send(endpoint, NO_GZIP[kind], **{"Content-Encoding": "gzip"})

    assert answer.status == 400


async def in_pieces(pieces):
    for piece in pieces:
        yield piece


@pytest.mark.parametrize("size", [257, 900])
async def test_what_is_too_large_is_refused_in_words_and_not_read(endpoint, bot, size):
    comment = "x" * (size << 10)
    body = json.dumps(of_kind("invoke", value={"action": {"verb": "x", "data": {"c": comment}}}))

    whole = await send(endpoint, body)
    in_parts = await send(endpoint, in_pieces([body[:100].encode(), body[100:].encode()]))
    packed = await send(endpoint, gzip.compress(body.encode()), **{"Content-Encoding": "gzip"})

    assert [answer.status for answer in (whole, in_parts, packed)] == [413, 413, 413]
    assert "Nothing was read" in (await whole.json())["error"]
    assert bot.clicks == []


async def test_half_an_emoji_is_replaced_and_the_button_works(endpoint, bot):
    data = {"comment": "good \ud83d", "hidden": "a\u202eb\u0000c", "kept": "👍🏽 é"}
    click = a_click(SERVICE, "count.private", data=data, conversation=PLACE)

    assert (await send(endpoint, json.dumps(click))).status == 200
    assert bot.clicks[0].data == {"comment": "good ?", "hidden": "abc", "kept": "👍🏽 é"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_a_post_is_heard(endpoint, bot, method):
    headers = {"Authorization": f"Bearer {a_token()}"}
    answer = await endpoint.request(method, "/messages", headers=headers)

    assert answer.status == 405
    assert bot.clicks == []
