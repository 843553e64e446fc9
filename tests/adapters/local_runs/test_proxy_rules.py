"""What a model's code may ask of the tracking server: its own run and its own model, and no more."""

import json

import pytest

from adapters.local_runs.proxy.asked import (
    Asked,
    StrangeRequestError,
    read_body,
    read_query,
    read_target,
)
from adapters.local_runs.proxy.known import KnownRun
from adapters.local_runs.proxy.rules import refusal

RUN, OTHER = "a" * 32, "b" * 32
API, FILES = "/api/2.0/mlflow", "/api/2.0/mlflow-artifacts/artifacts"


def known(**changes):
    usual = {
        "run": RUN,
        "experiment": "1",
        "experiment_name": "loan",
        "model": "m-ours",
        "created": {"m-new"},
        "roots": {
            RUN: f"1/{RUN}/artifacts",
            "m-ours": "1/models/m-ours/artifacts",
            "m-new": "1/models/m-new/artifacts",
        },
    }
    return KnownRun(**{**usual, **changes})


def asked(method, target, body=None):
    path, query = read_target(target)
    read = read_body(json.dumps(body).encode()) if body is not None else None
    return Asked(method=method, path=path, query=query, body=read)


ALLOWED = [
    ("GET", f"{API}/runs/get?run_id={RUN}&run_uuid={RUN}", None),
    ("GET", f"/ajax-api/2.0/mlflow/runs/get?run_id={RUN}", None),
    ("GET", f"{API}/metrics/get-history?run_id={RUN}&metric_key=auc", None),
    ("GET", f"{API}/artifacts/list?run_id={RUN}&path=plots", None),
    ("GET", f"/get-artifact?path=plots/a.png&run_uuid={RUN}", None),
    ("GET", f"{API}/experiments/get?experiment_id=1", None),
    ("GET", f"{API}/experiments/get-by-name?experiment_name=loan", None),
    ("GET", f"{API}/logged-models/m-ours", None),
    ("GET", f"{FILES}?path=1/{RUN}/artifacts", None),
    ("GET", f"{FILES}/1/models/m-ours/artifacts/MLmodel", None),
    ("GET", "/version", None),
    ("PUT", f"{FILES}/1/{RUN}/artifacts/plots/a%20b.png", None),
    ("PUT", f"{FILES}/1/models/m-new/artifacts/model.pkl", None),
    ("POST", f"{API}/runs/update", {"run_id": RUN, "status": "FINISHED", "end_time": 1}),
    ("POST", f"{API}/runs/log-metric", {"run_id": RUN, "key": "auc", "value": 0.5, "timestamp": 1}),
    ("POST", f"{API}/runs/log-parameter", {"run_id": RUN, "key": "depth", "value": "3"}),
    ("POST", f"{API}/runs/set-tag", {"run_id": RUN, "key": "colour", "value": "red"}),
    ("POST", f"{API}/runs/set-tag", {"run_id": RUN, "key": "mlflow.note.content", "value": "x"}),
    ("POST", f"{API}/runs/set-tag", {"run_id": RUN, "key": "größe", "value": "9"}),
    ("POST", f"{API}/runs/set-tag", {"run_id": RUN, "key": "score.größe", "value": "9"}),
    ("POST", f"{API}/runs/delete-tag", {"run_id": RUN, "key": "colour"}),
    (
        "POST",
        f"{API}/runs/log-batch",
        {"run_id": RUN, "metrics": [{"key": "a", "value": 1}], "params": [], "tags": []},
    ),
    ("POST", f"{API}/runs/outputs", {"run_id": RUN, "models": [{"model_id": "m-new", "step": 0}]}),
    ("POST", f"{API}/logged-models", {"experiment_id": "1", "source_run_id": RUN, "name": "x"}),
    ("PATCH", f"{API}/logged-models/m-new", {"status": "LOGGED_MODEL_READY"}),
]


@pytest.mark.parametrize(("method", "target", "body"), ALLOWED)
def test_its_own_run_and_model_are_its_own(method, target, body):
    assert refusal(asked(method, target, body), known()) == ""


SET = f"{API}/runs/set-tag"
REFUSED = [
    # registry, aliases, stages, experiments, webhooks, deletions
    ("POST", f"{API}/registered-models/alias", {"name": "loan", "alias": "prod", "version": "1"}),
    ("DELETE", f"{API}/registered-models/alias?name=loan&alias=prod", None),
    ("GET", f"{API}/registered-models/get?name=loan", None),
    ("GET", f"{API}/registered-models/search", None),
    ("POST", f"{API}/registered-models/create", {"name": "loan"}),
    ("POST", f"{API}/model-versions/create", {"name": "loan", "source": "x"}),
    ("POST", f"{API}/model-versions/transition-stage", {"name": "loan", "version": "1"}),
    ("POST", f"{API}/model-versions/set-tag", {"name": "loan", "version": "1", "key": "a"}),
    ("GET", f"{API}/model-versions/get?name=loan&version=1", None),
    ("GET", f"{API}/model-versions/get-download-uri?name=loan&version=1", None),
    ("GET", "/model-versions/get-artifact?name=loan&version=1&path=MLmodel", None),
    ("POST", f"{API}/experiments/create", {"name": "mine"}),
    ("POST", f"{API}/experiments/delete", {"experiment_id": "1"}),
    ("POST", f"{API}/experiments/set-experiment-tag", {"experiment_id": "1", "key": "a"}),
    ("GET", f"{API}/experiments/get?experiment_id=2", None),
    ("GET", f"{API}/experiments/get-by-name?experiment_name=other", None),
    ("GET", f"{API}/experiments/search?max_results=10", None),
    ("POST", f"{API}/runs/create", {"experiment_id": "2"}),
    (
        "POST",
        f"{API}/runs/create",
        {"experiment_id": "1", "tags": [{"key": "mlflow.parentRunId", "value": RUN}]},
    ),
    ("POST", f"{API}/runs/delete", {"run_id": RUN}),
    ("POST", f"{API}/runs/restore", {"run_id": RUN}),
    ("POST", f"{API}/runs/search", {"experiment_ids": ["1"]}),
    ("GET", f"{API}/webhooks", None),
    ("POST", f"{API}/webhooks", {"name": "mine", "url": "http://127.0.0.1"}),
    ("DELETE", f"{API}/logged-models/m-new", None),
    ("DELETE", f"{FILES}/1/{RUN}/artifacts/plots/a.png", None),
    ("POST", "/api/2.0/mlflow-artifacts/mpu/create/1/x", {"path": "x", "num_parts": 1}),
    ("POST", "/graphql", {"query": "{ mlflowGetRun(input: {runId: 1}) { run { info } } }"}),
    ("GET", "/graphql?query=x", None),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_ids=" + OTHER, None),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=" + RUN + "&path=a", {}),
    ("POST", "/ajax-api/2.0/mlflow/gateway-proxy", {"gateway_path": "x"}),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/m-ours/artifacts/files?path=x", None),
    ("GET", "/", None),
    ("GET", "/static-files/x.js", None),
    ("OPTIONS", f"{API}/runs/get?run_id={RUN}", None),
    ("HEAD", f"{API}/runs/get?run_id={RUN}", None),
    ("POST", f"{API}/runs/get", {"run_id": RUN}),
    # other runs, also where two fields say the same
    ("GET", f"{API}/runs/get?run_id={OTHER}", None),
    ("GET", f"{API}/runs/get?run_id={RUN}&run_uuid={OTHER}", None),
    ("GET", f"{API}/runs/get", None),
    ("GET", f"{API}/runs/get?runId={OTHER}", None),
    ("POST", SET, {"run_id": OTHER, "key": "a", "value": "b"}),
    ("POST", SET, {"run_id": RUN, "run_uuid": OTHER, "key": "a", "value": "b"}),
    ("POST", SET, {"run_id": RUN, "runId": OTHER, "key": "a", "value": "b"}),
    ("POST", SET, {"run_id": [RUN], "key": "a", "value": "b"}),
    ("POST", SET, {"key": "a", "value": "b"}),
    ("POST", f"{SET}?run_id={OTHER}", {"run_id": RUN, "key": "a", "value": "b"}),
    (
        "POST",
        f"{API}/runs/log-batch",
        {"run_id": RUN, "metrics": [{"key": "a", "value": 1, "run_id": OTHER}]},
    ),
    (
        "POST",
        f"{API}/runs/log-batch",
        {"run_id": RUN, "metrics": [{"key": "a", "value": 1, "model_id": "m-other"}]},
    ),
    ("POST", f"{API}/runs/log-batch", {"run_id": RUN, "runs": [OTHER]}),
    ("POST", f"{API}/runs/update", {"run_id": RUN, "status": "FINISHED", "run_name": "other"}),
    ("POST", f"{API}/runs/update", {"run_id": RUN, "lifecycle_stage": "deleted"}),
    # tags that bind, however they are written
    ("POST", SET, {"run_id": RUN, "key": "sluss.release", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": "SLUSS.model", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": " sluss.model", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": "\u017fluss.model", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": "slúss.model", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": "mlflow.user", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": "mlflow.runName", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": "mlflow.parentRunId", "value": "x"}),
    ("POST", SET, {"run_id": RUN, "key": "\N{MATHEMATICAL BOLD SCRIPT CAPITAL S}luss.model"}),
    ("POST", SET, {"run_id": RUN, "key": "\N{SCRIPT CAPITAL M}lflow.source.name"}),
    ("POST", SET, {"run_id": RUN, "key": "s\N{LATIN SMALL LETTER L WITH STROKE}uss.model"}),
    ("POST", SET, {"run_id": RUN, "key": "slu\N{SOFT HYPHEN}ss.model"}),
    ("POST", SET, {"run_id": RUN, "key": "slu\N{ZERO WIDTH SPACE}ss\N{ONE DOT LEADER}model"}),
    ("POST", SET, {"run_id": RUN, "key": "slu\x01ss.model"}),
    ("POST", f"{API}/runs/delete-tag", {"run_id": RUN, "key": "sluss.data_fingerprint"}),
    (
        "POST",
        f"{API}/runs/log-batch",
        {"run_id": RUN, "tags": [{"key": "sluss.model", "value": "m-new"}]},
    ),
    ("PATCH", f"{API}/logged-models/m-new/tags", {"tags": [{"key": "sluss.x", "value": "y"}]}),
    # models and files that are not its own, or that we rely on
    ("GET", f"{API}/logged-models/m-other", None),
    ("PATCH", f"{API}/logged-models/m-ours", {"status": "LOGGED_MODEL_UPLOAD_FAILED"}),
    ("PATCH", f"{API}/logged-models/m-new", {"model_id": "m-ours", "status": "X"}),
    ("POST", f"{API}/runs/outputs", {"run_id": RUN, "models": [{"model_id": "m-ours"}]}),
    ("POST", f"{API}/logged-models", {"experiment_id": "2", "source_run_id": RUN, "name": "x"}),
    ("POST", f"{API}/logged-models", {"experiment_id": "1", "name": "x"}),
    ("PUT", f"{FILES}/1/models/m-ours/artifacts/MLmodel", None),
    ("PUT", f"{FILES}/1/{OTHER}/artifacts/a", None),
    ("PUT", f"{FILES}/1/{RUN}/artifacts", None),
    ("PUT", f"{FILES}/1/{RUN}/artifactsx/a", None),
    ("GET", f"{FILES}?path=1", None),
    ("GET", f"{FILES}?path=1/{OTHER}/artifacts", None),
    ("GET", f"{FILES}?path=1/{RUN}/artifacts/../../{OTHER}/artifacts", None),
    ("GET", FILES, None),
    ("GET", f"{FILES}/1/{RUN}/artifacts/a?path=1/{OTHER}", None),
    ("GET", f"{API}/artifacts/list?run_id={RUN}&path=../../{OTHER}", None),
    ("GET", f"{API}/artifacts/list?run_id={RUN}&path=/etc", None),
    ("GET", f"{API}/artifacts/list?run_id={RUN}&path=file:///etc", None),
    ("GET", f"/get-artifact?path=MLmodel&run_uuid={OTHER}", None),
    ("GET", "/get-artifact?path=MLmodel", None),
]


@pytest.mark.parametrize(("method", "target", "body"), REFUSED)
def test_whatever_else_is_refused(method, target, body):
    assert refusal(asked(method, target, body), known()) != ""


@pytest.mark.parametrize(
    "target",
    [
        f"/api/2.0/mlflow/../mlflow/runs/get?run_id={RUN}",
        f"{API}//runs/get",
        f"//{API}/runs/get",
        f"{API}/./runs/get",
        f"{FILES}/1/{RUN}/artifacts/%2e%2e/x",
        f"{FILES}/1/{RUN}/artifacts/..%2fx",
        f"{FILES}/1/{RUN}/artifacts/%252e%252e/x",
        f"{FILES}/1/{RUN}/artifacts/a%5cb",
        f"{FILES}/1/{RUN}/artifacts/a%00b",
        f"{FILES}/1/{RUN}/artifacts/a%0ab",
        f"{FILES}/1/{RUN}/artifacts/a%ff",
        f"{FILES}/file:///etc/passwd",
        f"{FILES}/1/{RUN}/artifacts/",
        f"http://elsewhere{API}/runs/get",
        "*",
        f"{API}/runs/get?run_id={RUN}&run_id={OTHER}",
        f"{API}/runs/get?run_id={RUN}&run%5Fid={OTHER}",
        f"{API}/runs/get?run_id",
        f"{API}/runs/get?run_id=%ff",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(target):
    with pytest.raises(StrangeRequestError):
        read_target(target)


@pytest.mark.parametrize(
    "body",
    [
        b'{"run_id": "a", "run_id": "b"}',
        b'{"metrics": [{"key": "a", "key": "b"}]}',
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"run_id=a",
    ],
)
def test_a_body_that_is_no_plain_object_is_refused(body):
    with pytest.raises(StrangeRequestError):
        read_body(body)


def test_a_name_that_comes_twice_in_a_query_counts_as_neither():
    with pytest.raises(StrangeRequestError, match="says 'path' twice"):
        read_query("path=a&path=b")


def test_a_run_that_is_promoted_reads_its_version_and_no_other():
    promoted = known(version=("loan", "3"))
    get = "get-download-uri?name=loan&version="
    assert refusal(asked("GET", f"{API}/model-versions/{get}3"), promoted) == ""
    assert refusal(asked("GET", f"{API}/model-versions/{get}4"), promoted) != ""
    assert refusal(asked("GET", f"{API}/model-versions/get?name=other&version=3"), promoted) != ""
