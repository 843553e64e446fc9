"""Deliveries over HTTP: durable before 202, and never an answer that ends a subscription."""

import asyncio
import contextlib
import gzip
import logging
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.local_files.evidence import EvidenceFolder
from core.events.outside import CodePushed, DeliveryIgnored, DeliveryRejected, RegistryHinted
from core.words import BlobId
from tests.handlers.hooks import AZURE_DEVOPS, MLFLOW, Clock, Hooks, opened_hooks
from tests.handlers.recorded import NOW, SECRET, basic, changed, raw, resource_changed, signed

PUSH = raw("azure_devops", "git_push__one_branch")
HINT = raw("mlflow", "model_version_created__plain")
LIMIT = 2 * 1024 * 1024
SUBSCRIPTION = "5d0a3f0e-7b21-4d0c-9a51-0f6f3b1c9e11"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def hooks(tmp_path: Path, clock: Clock):
    async with opened_hooks(tmp_path, clock) as hooks:
        yield hooks


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@contextlib.contextmanager
def written_to_by_somebody_else(folder: Path):
    with contextlib.closing(sqlite3.connect(folder / "events.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# What is good


async def test_a_push_is_answered_202_and_waits_in_the_queue(hooks: Hooks):
    answer = await hooks.post(AZURE_DEVOPS, PUSH, basic())
    assert answer.status == 202
    (message,) = await hooks.messages()
    assert message.id.startswith(f"azure-devops/{SUBSCRIPTION}/1041~")
    assert hooks.count("azure-devops", "accepted") == 1
    assert hooks.count_of_events("azure-devops", "CodePushed") == 1


async def test_a_registry_webhook_is_answered_202_and_waits_in_the_queue(hooks: Hooks):
    answer = await hooks.post(MLFLOW, HINT, signed(HINT))
    assert answer.status == 202
    (event,) = await hooks.events()
    assert isinstance(event, RegistryHinted)
    assert hooks.count("mlflow", "accepted") == 1


async def test_several_refs_are_one_message_with_an_event_for_each(hooks: Hooks):
    await hooks.post(AZURE_DEVOPS, raw("azure_devops", "git_push__several_refs"), basic())
    assert await hooks.queue.waiting() == 1
    assert len(await hooks.events()) == 5


async def test_a_push_of_very_many_refs_is_cut_into_messages(hooks: Hooks):
    refs = [
        {"name": f"refs/heads/b{n}", "oldObjectId": "a" * 40, "newObjectId": f"{n:040x}"}
        for n in range(1, 3001)
    ]
    body = resource_changed("git_push__one_branch", refUpdates=refs)
    for _ in range(2):  # and its redelivery is as one
        assert (await hooks.post(AZURE_DEVOPS, body, basic())).status == 202
    messages = await hooks.messages()
    assert len(messages) > 1
    assert len({message.id for message in messages}) == len(messages)
    assert max(len(message.body) for message in messages) < 256 * 1024


async def test_the_same_delivery_five_times_is_one_message(hooks: Hooks):
    for _ in range(5):
        assert (await hooks.post(AZURE_DEVOPS, PUSH, basic())).status == 202
        assert (await hooks.post(MLFLOW, HINT, signed(HINT))).status == 202
    assert len(await hooks.events()) == 2


async def test_a_forged_delivery_does_not_take_the_number_of_the_next_real_one(hooks: Hooks):
    """Numbers can be guessed: the queue would drop the real one as if it had come before."""
    forged = resource_changed("git_push__one_branch", pushId=99)
    for body in (forged, PUSH):
        assert (await hooks.post(AZURE_DEVOPS, body, basic())).status == 202
    assert len(await hooks.events()) == 2


async def test_each_press_of_the_test_button_is_a_message(hooks: Hooks, clock: Clock):
    for _ in range(3):
        await hooks.post(AZURE_DEVOPS, raw("azure_devops", "git_push__test_button"), basic())
        clock.now += timedelta(seconds=1)
    events = await hooks.events()
    assert len({event.id for event in events}) == 3
    assert {type(event) for event in events} == {DeliveryIgnored}


async def test_an_unknown_type_is_accepted_and_counted(hooks: Hooks):
    body = changed("azure_devops", "build_complete__succeeded", eventType="workitem.created")
    assert (await hooks.post(AZURE_DEVOPS, body, basic())).status == 202
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryIgnored)
    assert hooks.count("azure-devops", "unknown_type") == 1


async def test_a_slash_at_the_end_is_no_reason_for_404(hooks: Hooks):
    assert (await hooks.post(f"{AZURE_DEVOPS}/", PUSH, basic())).status == 202
    assert (await hooks.post(f"{MLFLOW}/", HINT, signed(HINT))).status == 202


async def test_a_body_in_pieces_is_put_together(hooks: Hooks):
    async def pieces():
        for start in range(0, len(PUSH), 100):
            yield PUSH[start : start + 100]
            await asyncio.sleep(0)

    async with hooks.client.post(AZURE_DEVOPS, data=pieces(), headers=basic()) as answer:
        assert answer.status == 202
    assert isinstance((await hooks.events())[0], CodePushed)


async def test_a_delivery_id_of_any_length_becomes_a_short_message_id(hooks: Hooks):
    body = changed("azure_devops", "git_push__one_branch", subscriptionId="s" * 1000)
    await hooks.post(AZURE_DEVOPS, body, basic())
    (message,) = await hooks.messages()
    assert message.id.startswith("azure-devops/sss")
    assert len(message.id) <= 128


# What is bad, and is kept


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{not json",
    "no object": b"[]",
    "no type": b"{}",
    "no resource": changed("azure_devops", "git_push__one_branch", resource=[]),
    "another shape": resource_changed("git_push__one_branch", pushId="x"),
    "no UTF-8": PUSH.replace(b"Anna", b"\xff\xfe"),
    "100,000 brackets": b'{"eventType":"git.push","resource":' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_is_kept_and_answered_202(
    hooks: Hooks, tmp_path: Path, body: bytes
):
    answer = await hooks.post(AZURE_DEVOPS, body, basic())
    assert answer.status == 202
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryRejected)
    assert event.size == len(body)
    assert await EvidenceFolder(tmp_path / "evidence").read(event.body) == body
    assert hooks.count("azure-devops", "rejected") == 1


async def test_the_headers_are_kept_without_what_opens_anything(hooks: Hooks):
    sent = {
        **basic(),
        "Content-Type": "text/plain",
        "User-Agent": "VSServices/19",
        "X-Their-Own": SECRET,
        "Cookie": SECRET,
    }
    await hooks.post(AZURE_DEVOPS, b"{not json", sent)
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryRejected)
    kept = {name.casefold(): value for name, value in event.headers.items()}
    assert kept["content-type"] == "text/plain"
    assert kept["user-agent"] == "VSServices/19"
    for name in ("authorization", "x-their-own", "cookie"):
        assert kept[name] == "(not kept)"
    assert SECRET not in str(event)


async def test_a_signature_is_not_kept_and_what_it_is_about_is(hooks: Hooks):
    headers = signed(b"{not json")
    await hooks.post(MLFLOW, b"{not json", headers)
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryRejected)
    for name in ("X-MLflow-Delivery-Id", "X-MLflow-Timestamp"):
        assert event.headers[name] == headers[name]
    assert event.headers["X-MLflow-Signature"] == "(not kept)"


async def test_a_signed_delivery_that_cannot_be_read_is_kept_as_well(hooks: Hooks):
    body = b'{"entity": "model_version", "action": "created", "data": {}}'
    assert (await hooks.post(MLFLOW, body, signed(body))).status == 202
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryRejected)
    assert "name" in event.reason
    assert event.body


async def test_a_body_of_2_mb_is_read(hooks: Hooks):
    body = PUSH[:-2] + b" " * (LIMIT - len(PUSH)) + PUSH[-2:]
    assert len(body) == LIMIT
    assert (await hooks.post(AZURE_DEVOPS, body, basic())).status == 202
    assert isinstance((await hooks.events())[0], CodePushed)


async def test_of_a_larger_body_only_2_mb_are_kept(hooks: Hooks, tmp_path: Path):
    body = PUSH + b" " * (LIMIT + 1 - len(PUSH))
    assert (await hooks.post(AZURE_DEVOPS, body, basic())).status == 202
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryRejected)
    assert (event.reason, event.size) == ("the body is over 2 MB", LIMIT + 1)
    assert await EvidenceFolder(tmp_path / "evidence").read(event.body) == body[:LIMIT]


async def test_a_body_that_unpacks_to_far_more_than_it_was_is_too_large(hooks: Hooks):
    bomb = gzip.compress(b" " * (50 * LIMIT))
    headers = {**basic(), "Content-Encoding": "gzip"}
    assert (await hooks.post(AZURE_DEVOPS, bomb, headers)).status == 202
    (event,) = await hooks.events()
    assert isinstance(event, DeliveryRejected)


async def test_a_body_that_does_not_unpack_is_asked_for_again(hooks: Hooks):
    headers = {**basic(), "Content-Encoding": "gzip"}
    answer = await hooks.post(AZURE_DEVOPS, b"certainly no gzip", headers)
    assert answer.status == 503
    assert not await hooks.events()


async def test_what_no_signature_can_vouch_for_is_told_once_an_hour(
    hooks: Hooks, clock: Clock, tmp_path: Path
):
    """Nobody without the secret may fill the ledger or the disk."""
    for minutes in (0, 1, 2, 60):
        clock.now = NOW + timedelta(minutes=minutes)
        body = b"x" * (LIMIT + 1 + minutes)
        headers = signed(body, delivery=f"d-{minutes}", now=clock.now)
        assert (await hooks.post(MLFLOW, body, headers)).status == 202
    events = await hooks.events()
    assert [(type(event), event.body, event.size) for event in events] == [
        (DeliveryRejected, BlobId(""), LIMIT + 1),
        (DeliveryRejected, BlobId(""), LIMIT + 61),
    ]
    assert not files_of(tmp_path / "evidence")
    assert hooks.count("mlflow", "rejected") == 4


# Who is not let in


STRANGERS = {
    "nobody": (AZURE_DEVOPS, PUSH, {}),
    "a guess": (AZURE_DEVOPS, PUSH, basic("guessed")),
    "a guess with a large body": (AZURE_DEVOPS, b"x" * (LIMIT + 1), basic("guessed")),
    "unsigned": (MLFLOW, HINT, {}),
    "signed with a guess": (MLFLOW, HINT, signed(HINT, secret="guessed")),
    "signed for another body": (MLFLOW, HINT, signed(HINT + b" ")),
    "signed too long ago": (MLFLOW, HINT, signed(HINT, now=NOW - timedelta(seconds=301))),
    "signed in the future": (MLFLOW, HINT, signed(HINT, now=NOW + timedelta(seconds=301))),
    "no JSON, and not signed": (MLFLOW, b"{not json", {}),
}


@pytest.mark.parametrize(("path", "body", "headers"), STRANGERS.values(), ids=STRANGERS)
async def test_a_stranger_gets_401_and_leaves_nothing(
    hooks: Hooks, tmp_path: Path, path: str, body: bytes, headers: dict
):
    answer = await hooks.post(path, body, headers)
    assert answer.status == 401
    assert not await hooks.events()
    assert not files_of(tmp_path / "evidence")
    assert hooks.count(path.rpartition("/")[2], "unauthenticated") == 1


async def test_a_stranger_is_counted_with_the_address_that_sent_it_and_nothing_of_what_it_sent(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
):
    forged = basic("wrong-marker")
    forged.update({"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=1.2.3.4"})
    for _ in range(3):
        await hooks.post(AZURE_DEVOPS, PUSH, forged)
    await hooks.post(MLFLOW, HINT, signed(HINT, secret="wrong-marker"))

    told = [(each.source, each.address, each.count) for each in hooks.refusals.told()]
    assert told == [("mlflow", "127.0.0.1", 1), ("azure-devops", "127.0.0.1", 3)]
    assert "marker" not in repr(hooks.refusals)
    [line] = [each for each in caplog.records if each.name == "handlers.app"]
    assert "From 127.0.0.1, for the 1. time." in line.getMessage()


@pytest.mark.parametrize("secret", [SECRET, "the-next-secret"])
async def test_two_secrets_are_good_while_one_rotates(hooks: Hooks, secret: str):
    assert (await hooks.post(AZURE_DEVOPS, PUSH, basic(secret))).status == 202
    assert (await hooks.post(MLFLOW, HINT, signed(HINT, secret=secret))).status == 202


# When we are in trouble


@pytest.mark.parametrize("body", [PUSH, b"{not json"], ids=["good", "unreadable"])
async def test_what_cannot_be_stored_is_answered_503(hooks: Hooks, tmp_path: Path, body: bytes):
    await hooks.queue.waiting()
    with written_to_by_somebody_else(tmp_path):
        answer = await hooks.post(AZURE_DEVOPS, body, basic())
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert hooks.count("azure-devops", "unavailable") == 1
    assert (await hooks.post(AZURE_DEVOPS, body, basic())).status == 202  # the sender's retry
    assert len(await hooks.events()) == 1


async def test_a_folder_of_evidence_that_cannot_be_written_is_answered_503(
    hooks: Hooks, tmp_path: Path
):
    (tmp_path / "evidence").write_text("a file where the folder should be")
    answer = await hooks.post(AZURE_DEVOPS, b"{not json", basic())
    assert answer.status == 503
    assert not await hooks.events()


class BrokenEvidence:
    """Evidence with a bug in it."""

    async def keep(self, data: bytes) -> BlobId:
        raise ZeroDivisionError

    async def read(self, blob: BlobId) -> bytes:
        raise ZeroDivisionError


async def test_a_bug_of_ours_is_answered_503_not_500(tmp_path: Path, clock: Clock):
    async with opened_hooks(tmp_path, clock, BrokenEvidence()) as hooks:
        answer = await hooks.post(AZURE_DEVOPS, b"{not json", basic())
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


async def test_a_sender_that_goes_away_leaves_nothing(hooks: Hooks, tmp_path: Path):
    server = hooks.client.server
    _, writer = await asyncio.open_connection(server.host, server.port)
    head = f"POST {AZURE_DEVOPS} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(PUSH)}\r\n"
    login = f"Authorization: {basic()['Authorization']}\r\n\r\n"
    writer.write((head + login).encode() + PUSH[:100])
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)
    assert not await hooks.events()
    assert not files_of(tmp_path / "evidence")


async def test_neither_payload_nor_credentials_are_logged(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    marked = b'{"eventType": "git.push", "resource": "payload-marker"}'
    for body, headers in ((PUSH, basic()), (marked, basic()), (marked, basic("wrong-marker"))):
        await hooks.post(AZURE_DEVOPS, body, headers)
    await hooks.post(MLFLOW, marked, signed(marked, secret="wrong-marker"))
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    actions = {record.__dict__.get("action") for record in caplog.records}
    assert {"delivery_rejected", "delivery_unauthenticated"} <= actions
    for word in ("marker", SECRET, basic()["Authorization"].split()[1], "Anna"):
        assert word not in logged
