"""Our webhook in a real MLflow: what it is, and that its deliveries arrive and verify."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from adapters.mlflow.webhooks import NAME, install, retry_after
from core.errors import SettingsError, UnavailableError
from core.words import Stage
from tests.adapters.mlflow.stranger import answering, serve
from tests.adapters.mlflow.workbench import MlflowBench
from tests.adapters.model_registry_contract import FIRST
from tests.peers.mlflow import running

SECRET = "correct horse battery staple"
CACHED_S = 1.5  # the server looks for new webhooks once a second


class Receiver:
    """Keeps what arrives; ``url`` is where."""

    def __init__(self) -> None:
        self.url = ""
        self.arrived: list[tuple[dict[str, str], bytes]] = []
        self.arrival = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.arrived.append((dict(request.headers), await request.read()))
        self.arrival.set()
        return web.Response(status=202)

    def kinds(self) -> set[str]:
        bodies = [json.loads(body) for _, body in self.arrived]
        return {f"{body['entity']}.{body['action']}" for body in bodies}

    async def wait_for(self, *kinds: str) -> None:
        async with asyncio.timeout(10):
            while not set(kinds) <= self.kinds():
                self.arrival.clear()
                await self.arrival.wait()


@pytest.fixture
async def receiver(bench: MlflowBench) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async for url in serve(receiver.take):
        receiver.url = url
        yield receiver
    for webhook in bench.client.list_webhooks():
        bench.client.delete_webhook(webhook.webhook_id)


def _signature(headers: dict[str, str], body: bytes, secret: str) -> str:
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


async def test_what_happens_in_the_registry_arrives_signed(bench: MlflowBench, receiver: Receiver):
    await install(bench.uri, receiver.url, SECRET)
    await asyncio.sleep(CACHED_S)
    model = bench.model()
    run = await bench.tracking.open_run(model, FIRST, {})
    await bench.train(run, "yes")
    registered = await bench.registry.register(model, FIRST, run, {})
    await bench.registry.place(model, registered.version, Stage.QA, FIRST)
    await bench.registry.place(model, registered.version, Stage.PROD, FIRST)
    bench.client.delete_model_version_tag(model, registered.version, "sluss.stage.QA")
    bench.client.delete_registered_model_alias(model, "qa")
    await receiver.wait_for(
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
    )
    for headers, body in receiver.arrived:
        assert headers["X-MLflow-Signature"] == _signature(headers, body, SECRET)
        assert json.loads(body)["data"]["name"] == model


async def test_installing_twice_keeps_one_webhook(bench: MlflowBench, receiver: Receiver):
    await install(bench.uri, receiver.url, SECRET)
    await install(bench.uri, receiver.url, SECRET)
    assert [webhook.name for webhook in bench.client.list_webhooks()] == [NAME]


async def test_a_changed_address_and_secret_are_taken_over(bench: MlflowBench, receiver: Receiver):
    await install(bench.uri, f"{receiver.url}/old", "old secret")
    await install(bench.uri, f"{receiver.url}/new", SECRET)
    await asyncio.sleep(CACHED_S)
    bench.client.create_registered_model(bench.model())
    await receiver.wait_for("registered_model.created")
    headers, body = receiver.arrived[0]
    assert headers["X-MLflow-Signature"] == _signature(headers, body, SECRET)
    assert [webhook.url for webhook in bench.client.list_webhooks()] == [f"{receiver.url}/new"]


async def test_a_webhook_that_was_switched_off_is_switched_on(
    bench: MlflowBench, receiver: Receiver
):
    await install(bench.uri, receiver.url, SECRET)
    bench.client.update_webhook(bench.client.list_webhooks()[0].webhook_id, status="DISABLED")
    await install(bench.uri, receiver.url, SECRET)
    assert [str(webhook.status) for webhook in bench.client.list_webhooks()] == ["ACTIVE"]


async def test_twins_go_and_other_webhooks_stay(bench: MlflowBench, receiver: Receiver):
    for name in (NAME, NAME, "somebody-else"):
        bench.client.create_webhook(name, receiver.url, ["model_version.created"])
    await install(bench.uri, receiver.url, SECRET)
    left = sorted(webhook.name for webhook in bench.client.list_webhooks())
    assert left == [NAME, "somebody-else"]


def test_a_lost_encryption_key_is_told(tmp_path: Path):
    """What MLflow answers then is known from trying alone, and a new version may change it."""
    with running(tmp_path) as server:
        asyncio.run(install(server.uri, "http://127.0.0.1:1", SECRET))
    (tmp_path / "mlflow" / "webhook.key").unlink()
    changed = pytest.raises(SettingsError, match="encryption key has changed")
    with running(tmp_path) as server, changed:
        asyncio.run(install(server.uri, "http://127.0.0.1:1", SECRET))


WITHOUT_WORDS = b'{"error_code": "INTERNAL_ERROR", "message": ""}'
WITH_CLASSES = WITHOUT_WORDS[:-1] + b', "sqlstate": "XXM00", "error_class": "CLIENT"}'


@pytest.mark.parametrize("body", [WITHOUT_WORDS, WITH_CLASSES], ids=["older", "newer"])
async def test_each_form_of_the_answer_without_words_tells_of_the_key(body: bytes):
    async with answering(500, body) as address:
        with pytest.raises(SettingsError, match="encryption key has changed"):
            await install(address, "http://127.0.0.1:1", SECRET)


async def test_a_refused_address_is_told_with_its_reason(bench: MlflowBench):
    with pytest.raises(SettingsError, match="Invalid webhook URL"):
        await install(bench.uri, "ftp://127.0.0.1/hooks", SECRET)


async def test_a_server_that_is_down_is_tried_again():
    with pytest.raises(UnavailableError, match="tried again by itself"):
        await install("http://127.0.0.1:9", "http://127.0.0.1:1", SECRET)


PAGES = [b"<html>", b'{"webhooks": "\xff"}', b"[" * 50_000, b"", b"null", b" " * (2 << 20)]
WRONG_LISTS = [b'{"webhooks": null, "next_page_token": null}', b'{"next_page_token": "again"}']
NOT_MLFLOWS = [(status, page) for status in (200, 400) for page in PAGES] + [
    *((200, page) for page in WRONG_LISTS),
    (400, b"{}"),
    (405, b'{"message": null}'),
]


@pytest.mark.parametrize(("status", "page"), NOT_MLFLOWS, ids=range(len(NOT_MLFLOWS)))
async def test_a_page_of_somebody_else_is_told_to_be_no_answer_of_mlflow(status: int, page: bytes):
    async with answering(status, page) as address:
        with pytest.raises(SettingsError, match=r"not MLflow's.*a sign-in stands before") as told:
            await install(address, "http://127.0.0.1:1", SECRET)
    assert "MLFLOW_WEBHOOK" not in str(told.value), "that mends a refusal of MLflow's own"


MENDED_BY_SOMEBODY = [
    (302, "leads to another one"),
    (307, "leads to another one"),
    (401, "an account that may manage webhooks"),
    (403, "an account that may manage webhooks"),
    (404, "look whether SLUSS_MLFLOW_URL is right"),
    (405, "look whether SLUSS_MLFLOW_URL is right"),
]


@pytest.mark.parametrize(("status", "to_do"), MENDED_BY_SOMEBODY)
async def test_what_somebody_has_to_mend_says_what_to_do(status: int, to_do: str):
    async with answering(status, Location="http://127.0.0.1:9/") as address:
        with pytest.raises(SettingsError, match=to_do):
            await install(address, "http://127.0.0.1:1", SECRET)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_what_passes_is_tried_again_when_mlflow_asks_for_it(status: int):
    async with answering(status, **{"Retry-After": "17"}) as address:
        with pytest.raises(UnavailableError, match="tried again by itself") as told:
            await install(address, "http://127.0.0.1:1", SECRET)
    assert told.value.asked_s == 17


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("", None), ("0", 0), ("99999999", 3600), ("-1", None), ("\u00b2", None), ("soon", None),
     ("Thu, 01 Jan 2026 00:01:00 GMT", 60), ("Thu, 01 Jan 2026 00:01:00 -0000", 60),
     ("Thu, 01 Jan 2015 00:00:00 GMT", 0), ("Thu, 01 Jan 2099 00:00:00 GMT", 3600),
     ("Wed, 21 Oct 99999999999 07:28:00 GMT", None), ("Wed, 21 Oct -1 07:28:00 GMT", None),
     ("Wed, 21 Oct 10000 07:28:00 GMT", None), ("Fri, 31 Dec 9999 23:59:59 -2359", 3600),
     ("Mon, 01 Jan 0001 00:00:00 +2359", 0), ("Thu, 01 Jan 2026 00:00:00 +99999999999999", None),
     ("Thu, 99999999999999999999 Jan 2026 00:00:00 GMT", None), ("9" * 400, 3600),
     ("9" * 5000, 3600), ("inf", None), ("nan", None), ("1e9", None), ("1.5", None),
     ("\x00", None), (" ", None), (",", None), ("," * 3000, None)],
)  # fmt: skip
def test_the_time_that_a_server_asks_for_is_read_and_bounded(header: str, seconds: float | None):
    assert retry_after(header, NOW) == seconds


async def test_a_server_that_closes_the_line_is_tried_again():
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        raise ConnectionResetError

    async for address in serve(answer):
        with pytest.raises(UnavailableError, match="does not answer"):
            await install(address, "http://127.0.0.1:1", SECRET)
