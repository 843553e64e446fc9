"""Whatever arrives, a source answers with events that can be kept, or rejects it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RejectedDeliveryError
from core.events.codec import decode_batch, encode_batch
from handlers import SOURCES
from handlers.source import Source
from tests.handlers.recorded import NOW, raw

NAMES = ["eventType", "id", "subscriptionId", "notificationId", "resource", "entity", "action"]
RECORDED = [
    ("azure_devops", "git_push__several_refs"),
    ("azure_devops", "git_pullrequest_created__active"),
    ("azure_devops", "git_push__minimal"),
    ("azure_devops", "pullrequest_comment__command_1_0"),
    ("azure_devops", "pullrequest_comment__command_2_0"),
    ("azure_devops", "build_complete__of_today"),
    ("azure_devops", "build_complete__xaml"),
    ("azure_devops", "run_state_changed__completed"),
    ("azure_devops", "stage_state_changed__running"),
    ("azure_devops", "approval_pending__environment"),
    ("azure_devops", "approval_completed__rejected"),
    ("mlflow", "model_version_created__plain"),
]
TYPES = st.sampled_from(
    [
        "git.push", "git.pullrequest.created", "build.complete", "prompt",
        "ms.vss-code.git-pullrequest-comment-event", "ms.vss-pipelines.run-state-changed-event",
        "ms.vss-pipelines.stage-state-changed-event", "ms.vss-release.anything",
        "ms.vss-pipelinechecks-events.approval-pending",
    ]
)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | TYPES
    | st.sampled_from(["refs/heads/main", "0" * 40, "a" * 40, "2026-02-03T10:11:12Z"])
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=20,
)
HEADERS = st.dictionaries(st.just("X-MLflow-Delivery-Id"), st.text(max_size=150))
DEEP = b"[" * 100_000
NESTED = [DEEP, b'{"eventType":"git.push","resource":' + DEEP, b'{"entity":' + DEEP]


def is_answered(source: Source, headers: dict, body: bytes) -> bool:
    """True for events, False for a rejection; any other error is a bug."""
    try:
        delivered = source.read(headers, body, NOW)
    except RejectedDeliveryError:
        return False
    assert delivered.events
    assert decode_batch(encode_batch(delivered.events)) == list(delivered.events)
    return True


def replaced(node, path: list[int], value):
    """The payload with ``value`` in place of what the path of numbers leads to."""
    if not path or not isinstance(node, (dict, list)) or not node:
        return value
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    key = keys[path[0] % len(keys)]
    changed = dict(node) if isinstance(node, dict) else list(node)
    changed[key] = replaced(node[key], path[1:], value)
    return changed


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
class TestEverySource:
    @given(body=st.binary(max_size=300), headers=HEADERS)
    def test_any_bytes(self, source: Source, body: bytes, headers: dict):
        is_answered(source, headers, body)

    @given(body=JSON, headers=HEADERS)
    def test_any_json(self, source: Source, body, headers: dict):
        is_answered(source, headers, json.dumps(body).encode())

    @given(recorded=st.sampled_from(RECORDED), data=st.data())
    def test_a_real_payload_with_one_thing_changed(self, source: Source, recorded, data):
        payload = json.loads(raw(*recorded))
        path = data.draw(st.lists(st.integers(0, 20), max_size=5))
        changed = json.dumps(replaced(payload, path, data.draw(JSON))).encode()
        is_answered(source, {}, changed)

    @given(recorded=st.sampled_from(RECORDED), at=st.integers(0, 5000), byte=st.binary(max_size=2))
    def test_a_real_payload_with_damaged_bytes(self, source: Source, recorded, at, byte):
        body = raw(*recorded)
        at %= len(body)
        is_answered(source, {}, body[:at] + byte + body[at + 1 :])

    @pytest.mark.parametrize("body", NESTED, ids=["list", "resource", "entity"])
    def test_deep_nesting(self, source: Source, body: bytes):
        assert not is_answered(source, {}, body)

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"7", b'"text"', b"{}", b"\xff\xfe{}"])
    def test_json_that_is_no_hook(self, source: Source, body: bytes):
        assert not is_answered(source, {}, body)


def test_a_rejection_never_quotes_the_payload():
    secret = "hunter2-of-somebody"
    body = json.dumps({"eventType": "git.push", "resource": {"pushId": secret, secret: secret}})
    with pytest.raises(RejectedDeliveryError) as error:
        SOURCES[0].read({}, body.encode(), NOW)
    assert secret not in str(error.value)
