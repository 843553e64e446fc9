"""A check of Azure Pipelines calls: its token is sealed before anything is kept, and in nothing else."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from prometheus_client import generate_latest

from core.errors import RejectedDeliveryError
from core.events.codec import decode_batch, encode_batch
from core.events.outside import CheckCalled, DeliveryRejected
from core.ports import JobToken
from handlers.azure_pipelines_check import source, source_of
from handlers.source import Delivered
from tests.handlers.hooks import CHECK, ORGANISATION, Clock, Hooks, opened_hooks
from tests.handlers.recorded import NOW, SECRET, basic

PROJECT = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"
PLAN = "9cab23ae-4428-5135-90cd-b1a479bb7422"
JOB = "14a5b3dc-cecb-5071-9973-188033cde127"
TASK = "ae4e5b32-154a-5e90-95c5-f03d7c880258"
TIMELINE = "96ac2280-8cb4-5df5-99de-dd2da759617d"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.TOKEN-OF-THE-JOB.c2lnbmF0dXJl"
SAID = {
    "PlanUrl": f"{ORGANISATION}/",
    "ProjectId": PROJECT,
    "HubName": "checks",
    "PlanId": PLAN,
    "JobId": JOB,
    "TimelineId": TIMELINE,
    "TaskInstanceId": TASK,
    "AuthToken": TOKEN,
    "BuildId": "41",
}
KEY = f"check/{PROJECT}/checks/{PLAN}/{JOB}/{TASK}"


def said(**changed: str) -> CIMultiDict[str]:
    """The headers of a call; "" leaves one out."""
    return CIMultiDict({name: value for name, value in (SAID | changed).items() if value})


def call(**changed: str) -> CIMultiDict[str]:
    return CIMultiDict({**basic(), **said(**changed)})


def read(headers, body: bytes = b"") -> Delivered:
    return source_of(ORGANISATION).read(headers, body, NOW)


def refusal(headers, body: bytes = b"") -> str:
    with pytest.raises(RejectedDeliveryError) as refused:
        read(headers, body)
    return str(refused.value)


async def kept(hooks: Hooks, check: str = KEY) -> str:
    found = await hooks.tokens.find(check)
    return found.value if found else ""


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def hooks(tmp_path: Path, clock: Clock):
    async with opened_hooks(tmp_path, clock) as hooks:
        yield hooks


@pytest.fixture
def logged(caplog) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.CRITICAL, "aiohttp.access"):
        yield caplog  # our own server has no access log


# What a call says


def test_by_default_all_of_it_is_in_the_headers():
    delivered = read(said())
    assert delivered.events == (
        CheckCalled(
            id=f"ado/{KEY}/20260203T101115.000000",
            time=NOW,
            source="azure-pipelines-check",
            delivery=f"{KEY}/20260203T101115.000000",
            check=KEY,
        ),
    )
    assert delivered.token == JobToken(check=KEY, value=TOKEN, run=41, came=NOW)


def test_all_of_it_may_be_in_the_body_instead():
    """The task's own template calls the address VstsUrl there."""
    body = {name[0].lower() + name[1:]: value for name, value in SAID.items()}
    body["VstsUrl"] = body.pop("planUrl")
    body["buildId"] = 41
    assert read({}, json.dumps(body).encode()).events == read(said()).events


def test_headers_and_body_may_say_the_same_and_nothing_different():
    assert read(said(), json.dumps({"PlanId": PLAN}).encode()).events
    other = json.dumps({"PlanId": TASK}).encode()
    assert "different things of PlanId" in refusal(said(), other)
    twice = said()
    twice.add("JobId", TASK)
    assert "different things of JobId" in refusal(twice)


def test_the_token_is_beside_the_event_and_in_no_text():
    delivered = read(said())
    assert TOKEN not in f"{delivered} {delivered.events!r}"


def test_a_guid_is_known_in_any_spelling():
    (event,) = read(said(PlanId=f"{{{PLAN.upper()}}}", JobId=JOB.replace("-", ""))).events
    assert isinstance(event, CheckCalled)
    assert event.check == KEY


def test_a_variable_that_the_server_does_not_know_says_nothing():
    token = read(said(BuildId="$(build.BuildId)")).token
    assert token is not None
    assert token.run == 0


@pytest.mark.parametrize(
    "address",
    [
        "https://dev.azure.com/bank",
        "https://dev.azure.com/Bank/",
        "https://DEV.azure.com:443/bank/",
        "https://bank.visualstudio.com/",
        "https://bank.visualstudio.com/DefaultCollection/",
    ],
)
def test_the_organisation_has_several_spellings(address):
    assert read(said(PlanUrl=address)).events


FOREIGN = [
    "https://dev.azure.com/other/",
    "https://dev.azure.com/",
    "https://other.visualstudio.com/",
    "https://dev.azure.com.evil.example/bank/",
    "https://evil.example/dev.azure.com/bank/",
    "https://dev.azure.com@evil.example/bank/",
    "https://bank:x@dev.azure.com/bank/",
    "https://dev.azure.com:8443/bank/",
    "https://dev.azure.com/bank/../other",
    "http://127.0.0.1/bank/",
    "file:///dev.azure.com/bank/",
    "https://[::1/bank",
    "bank",
    "//dev.azure.com/bank",
]


@pytest.mark.parametrize("address", FOREIGN)
@pytest.mark.parametrize("name", ["PlanUrl", "VstsUrl"])
def test_an_address_of_somebody_else_is_refused_in_words(name, address):
    told = refusal(said(**{name: address}))
    assert "another organisation than SLUSS_AZURE_DEVOPS" in told
    assert address not in told


def test_without_an_organisation_no_call_is_taken():
    with pytest.raises(RejectedDeliveryError, match="no Azure DevOps is connected here"):
        source.read(said(), b"", NOW)


def test_an_organisation_of_a_server_of_ones_own_is_known_by_host_port_and_path():
    own = source_of("https://tfs.bank.example:8080/tfs/DefaultCollection")
    assert own.read(said(PlanUrl="https://TFS.bank.example:8080/tfs/defaultcollection/"), b"", NOW)
    with pytest.raises(RejectedDeliveryError):
        own.read(said(PlanUrl="https://tfs.bank.example/tfs/DefaultCollection"), b"", NOW)


@pytest.mark.parametrize("name", ["ProjectId", "PlanId", "JobId", "TaskInstanceId"])
@pytest.mark.parametrize("value", ["churn", "../../other", f"{PLAN}/../x", "7", PLAN + "0"])
def test_what_goes_into_a_path_is_a_guid(name, value):
    assert f"{name} is no GUID" in refusal(dict(said()) | {name: value})


@pytest.mark.parametrize(
    "name", ["ProjectId", "PlanId", "JobId", "TaskInstanceId", "HubName", "AuthToken"]
)
def test_what_is_missing_is_named(name):
    assert f"it has no {name}" in refusal(said(**{name: ""}))


@pytest.mark.parametrize(
    "hub", ["release", "gates", "deployment", "../build", "$(system.HostType)"]
)
def test_a_classic_release_is_refused_in_words(hub):
    assert "HubName is not that of a run of a YAML pipeline" in refusal(said(HubName=hub))


@pytest.mark.parametrize(
    "token", ["short", "with a space in it", "t" * 8001, "tok\u00e9n-that-is-long"]
)
def test_what_is_no_token_is_refused_and_not_shown(token):
    told = refusal(dict(said()) | {"AuthToken": token})
    assert "AuthToken is no token" in told
    assert token not in told


NAMES = st.sampled_from([*SAID, "VstsUrl", "authtoken", "PLANID", "X-Any"])
VALUES = (
    st.sampled_from([*SAID.values(), "\udce9", "https://[", "http://dev.azure.com:x/bank", "9" * 5000])
    | st.text(max_size=60)
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | VALUES
BODIES = st.binary(max_size=200) | st.dictionaries(NAMES, LEAVES, max_size=8).map(
    lambda body: json.dumps(body).encode(errors="replace")
)


@given(headers=st.lists(st.tuples(NAMES, VALUES), max_size=12), body=BODIES, whole=st.booleans())
def test_whatever_comes_is_taken_or_refused_and_can_be_kept(headers, body, whole):
    given_headers = CIMultiDict([*(said().items() if whole else ()), *headers])
    try:
        delivered = read(given_headers, body)
    except RejectedDeliveryError as refused:
        told = str(refused)
        assert TOKEN not in told
        encode_batch([DeliveryRejected(id="r", time=NOW, reason=told)])
        return
    assert decode_batch(encode_batch(delivered.events)) == list(delivered.events)
    assert delivered.token is not None
    assert delivered.token.value.encode() not in encode_batch(delivered.events)


# What is kept


async def test_a_call_is_durable_before_it_is_answered(hooks: Hooks):
    assert (await hooks.post(CHECK, b"", call())).status == 202
    (event,) = await hooks.events()
    assert isinstance(event, CheckCalled)
    assert await kept(hooks) == TOKEN
    assert hooks.count("azure-pipelines-check", "accepted") == 1


async def test_a_call_that_is_repeated_is_the_same_check_and_keeps_its_token(
    hooks: Hooks, clock: Clock
):
    """Whoever replays a call with a token of his own takes nobody's answer away."""
    await hooks.post(CHECK, b"", call())
    clock.now += timedelta(seconds=7)
    await hooks.post(CHECK, b"", call(AuthToken="a-token-of-somebody-else"))
    events = await hooks.events()
    assert {event.check for event in events if isinstance(event, CheckCalled)} == {KEY}
    assert await kept(hooks) == TOKEN


async def test_two_calls_at_once_are_one_check(hooks: Hooks):
    answers = await asyncio.gather(*(hooks.post(CHECK, b"", call()) for _ in range(8)))
    assert {answer.status for answer in answers} == {202}
    assert await kept(hooks) == TOKEN


async def test_what_is_asked_anew_is_another_check(hooks: Hooks):
    """Whoever runs a check again, or its stage, makes another task of it."""
    again = PLAN.replace("9cab", "9cac")
    await hooks.post(CHECK, b"", call())
    await hooks.post(CHECK, b"", call(PlanId=again, AuthToken="the-token-of-the-second"))
    assert await kept(hooks) == TOKEN
    assert await kept(hooks, KEY.replace(PLAN, again)) == "the-token-of-the-second"


@pytest.mark.parametrize(
    "headers",
    [said(), {**call(), **basic("wrong")}, {**said(), "X-Sluss-Secret": "wrong"}],
    ids=["none", "wrong", "wrong header"],
)
async def test_without_our_secret_nothing_is_kept(hooks: Hooks, headers):
    assert (await hooks.post(CHECK, b"", CIMultiDict(headers))).status == 401
    assert not await hooks.events()
    assert not await kept(hooks)


async def test_the_secret_may_be_a_header_and_that_of_before(hooks: Hooks):
    with_header = {**said(), "X-Sluss-Secret": SECRET}
    assert (await hooks.post(CHECK, b"", CIMultiDict(with_header))).status == 202


async def test_the_store_that_takes_nothing_is_answered_503(hooks: Hooks, tmp_path: Path):
    await hooks.tokens.find(KEY)  # the tables are there
    with closing(sqlite3.connect(tmp_path / "store.db")) as broken:
        broken.execute("DROP TABLE notes")
        broken.commit()
    assert (await hooks.post(CHECK, b"", call())).status == 503
    assert not await hooks.events()


async def test_the_queue_that_takes_nothing_is_answered_503(hooks: Hooks, tmp_path: Path):
    await hooks.queue.waiting()  # the tables are there
    with closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert (await hooks.post(CHECK, b"", call())).status == 503
        other.execute("ROLLBACK")


# What is kept nowhere

HOSTILE = {
    "no JSON": (call(), f"{TOKEN} is no JSON".encode()),
    "no UTF-8": (call(), b"\xff\xfe" + TOKEN.encode()),
    "over 2 MB": (call(), TOKEN.encode() * 40_000),
    "nested": (call(), b'{"AuthToken":"' + TOKEN.encode() + b'","x":' + b"[" * 100_000),
    "in the body, no plan": (basic(), json.dumps({"AuthToken": TOKEN}).encode()),
    "in the plan's id": (call(PlanId=TOKEN), b""),
    "in the hub": (call(HubName=TOKEN), b""),
    "in the address": (call(PlanUrl=f"https://x:{TOKEN}@dev.azure.com/bank"), b""),
    "in a header of ours": (
        {**call(AuthToken=""), "User-Agent": TOKEN, "Content-Type": TOKEN},
        b"",
    ),
    "in another header": ({**call(PlanId="7"), "X-Any": TOKEN}, b""),
    "two of them": (call(), json.dumps({"AuthToken": f"{TOKEN}2"}).encode()),
    "good": (call(), b""),
}


@pytest.mark.parametrize(("headers", "body"), HOSTILE.values(), ids=HOSTILE)
async def test_the_token_is_in_no_file_no_log_no_metric_and_no_answer(
    hooks: Hooks, tmp_path: Path, logged, headers, body
):
    async with hooks.client.post(CHECK, data=BytesIO(body), headers=CIMultiDict(headers)) as answer:
        text = await answer.text()
        assert answer.status == 202
    files = bytes_of(tmp_path)
    said_of_it = logged.text + text + str(answer.headers)
    for spelling in (TOKEN, TOKEN[:60], TOKEN.encode().hex()):
        assert spelling.encode() not in files
        assert spelling not in said_of_it
        assert spelling.encode() not in generate_latest(hooks.metrics)


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"good"}))
async def test_a_call_that_cannot_be_taken_is_told_in_words_and_leaves_nothing(
    hooks: Hooks, tmp_path: Path, name
):
    headers, body = HOSTILE[name]
    async with hooks.client.post(CHECK, data=BytesIO(body), headers=CIMultiDict(headers)) as answer:
        told = await answer.text()
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryRejected)
    assert (event.body, event.headers, event.size) == ("", {}, len(body))
    assert told.strip() == event.reason
    assert not list((tmp_path / "evidence").rglob("*"))
    assert hooks.count("azure-pipelines-check", "rejected") == 1
