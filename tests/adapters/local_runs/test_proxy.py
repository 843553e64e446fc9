"""A real client of MLflow works through the proxy of its run, and nothing else comes through."""

import asyncio
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from mlflow.tracking import MlflowClient

from adapters.local_runs.proxy import KnownRun, RunProxy, serve

ROOT = Path(__file__).parents[3]
ALIAS = "/api/2.0/mlflow/registered-models/alias"
GET_RUN = "/api/2.0/mlflow/runs/get?run_id="
CLIENT = """
import mlflow, pandas as pd
mlflow.autolog(log_datasets=True)
from sklearn.linear_model import LogisticRegression
frame = pd.DataFrame({"income": [1, 2, 3, 4, 5, 6], "bad": [1, 1, 1, 0, 0, 0]})
LogisticRegression().fit(frame[["income"]], frame["bad"])
mlflow.log_metric("depth", 3)
mlflow.log_param("kind", "linear")
mlflow.set_tag("colour", "red")
mlflow.log_dict({"a": 1}, "notes/a b.json")
mlflow.log_table({"a": [1]}, "table.json")
with open("plain.txt", "w") as file:
    file.write("x")
mlflow.log_artifact("plain.txt")
mlflow.end_run()
"""


# As the warden of a run does; a process of its own, as tests may connect to no Unix socket.
RELAY = """
import socket, sys
from adapters.sandbox.warden import way
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
way.pass_on(listener, sys.argv[1])
sys.stdin.read()
"""


@contextlib.asynccontextmanager
async def relayed(path):
    pipe = asyncio.subprocess.PIPE
    relay = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RELAY, str(path)), stdin=pipe, stdout=pipe, cwd=ROOT
    )
    try:
        yield int(await relay.stdout.readline())
    finally:
        relay.stdin.close()
        await relay.wait()


@contextlib.asynccontextmanager
async def proxied(machine, folder, known):
    """The port of a proxy that knows this, and what it has said."""
    said = []

    async def learn():
        return known

    async with aiohttp.ClientSession() as session:
        proxy = RunProxy(machine.tracking_uri, session, learn, said.append)
        async with proxy.serving(folder / "way"), relayed(folder / "way") as port:
            yield port, said


@pytest.fixture
def client(machine):
    return MlflowClient(tracking_uri=machine.tracking_uri, registry_uri=machine.tracking_uri)


@pytest.fixture
def runs(client):
    """Two runs of one experiment: its own, and another one."""
    experiment = client.create_experiment(f"proxied-{os.urandom(6).hex()}")
    return [client.create_run(experiment) for _ in range(2)]


def known_of(run, client):
    experiment = client.get_experiment(run.info.experiment_id)
    known = KnownRun(
        run=run.info.run_id,
        experiment=run.info.experiment_id,
        experiment_name=experiment.name,
    )
    known.add_root(run.info.run_id, run.info.artifact_uri)
    return known


async def test_what_a_model_logs_by_itself_arrives(machine, client, runs, tmp_path):
    own = runs[0]
    env = {"MLFLOW_RUN_ID": own.info.run_id, "MLFLOW_DISABLE_TELEMETRY": "true"}
    async with proxied(machine, tmp_path, known_of(own, client)) as (port, said):
        uri = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"}
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-W", "ignore", "-c", CLIENT],
            capture_output=True,
            timeout=120,
            env={"PATH": os.defpath, "HOME": str(tmp_path), **env, **uri},
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stderr.decode()
    assert said == []
    found = client.get_run(own.info.run_id)
    assert found.data.metrics["depth"] == 3
    assert found.data.params["kind"] == "linear"
    assert found.data.tags["colour"] == "red"
    assert found.data.metrics["training_accuracy_score"] == 1
    assert {"notes", "plain.txt", "table.json"} <= {
        file.path for file in client.list_artifacts(own.info.run_id)
    }
    assert found.outputs.model_outputs
    experiments = [own.info.experiment_id]
    assert len(client.search_runs(experiments)) == len(runs), "one that begins anew is the same"


def ask(port, method, target, body=None, **headers):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.putrequest(method, target, skip_accept_encoding=True)
        data = json.dumps(body).encode() if body is not None else b""
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            line.putheader(name.replace("_", "-"), value)
        line.endheaders(data)
        with line.getresponse() as answer:
            return answer.status, answer.read()


async def test_a_refusal_is_mlflows_own_error_and_a_line_in_the_log(
    machine, client, runs, tmp_path
):
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, said):
        body = {"name": "loan", "alias": "prod", "version": "1"}
        status, answer = await asyncio.to_thread(ask, port, "POST", ALIAS, body)
    told = json.loads(answer)
    assert (status, told["error_code"]) == (403, "PERMISSION_DENIED")
    assert said == [told["message"]]
    assert f"POST {ALIAS} was refused" in said[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"X_HTTP_Method_Override": "DELETE"},
        {"X_Http_Method": "PATCH"},
        {"x_method_override": "POST"},
        {"X_MLFLOW_WORKSPACE": "other"},
    ],
)
async def test_a_header_that_turns_a_request_into_another_is_refused(
    machine, client, runs, tmp_path, headers
):
    own = runs[0].info.run_id
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, _):
        plain, _ = await asyncio.to_thread(ask, port, "GET", GET_RUN + own)
        turned, _ = await asyncio.to_thread(
            lambda: ask(port, "GET", GET_RUN + own, None, **headers)
        )
    assert (plain, turned) == (200, 403)


async def test_a_request_with_a_body_where_none_is_read_is_refused(machine, client, runs, tmp_path):
    """MLflow reads the body of a GET that has no query."""
    own, other = (run.info.run_id for run in runs)
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, _):
        asking = [(GET_RUN + own, {"run_id": other}), (GET_RUN.partition("?")[0], {"run_id": own})]
        answers = [await asyncio.to_thread(ask, port, "GET", *words) for words in asking]
    assert [status for status, _ in answers] == [403, 403]


def first_answer(port, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(sent)
        return line.recv(1 << 16).decode()


async def test_a_body_where_none_is_read_is_not_waited_for(machine, client, runs, tmp_path):
    """Two bodies at a time lie in the keeper's memory, which no wall limits; these would besides."""
    head = f"GET {GET_RUN}x HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, _):
        answer = await asyncio.to_thread(first_answer, port, head.encode())
    assert "a body, and none is read there" in answer


async def test_another_run_is_neither_read_nor_written(machine, client, runs, tmp_path):
    other = runs[1].info.run_id
    tag = {"run_id": other, "key": "colour", "value": "red"}
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, said):
        read = await asyncio.to_thread(ask, port, "GET", GET_RUN + other)
        wrote = await asyncio.to_thread(ask, port, "POST", "/api/2.0/mlflow/runs/set-tag", tag)
    assert (read[0], wrote[0], len(said)) == (403, 403, 2)
    assert "colour" not in client.get_run(other).data.tags


async def test_a_flood_of_refusals_does_not_fill_the_log(machine, client, runs, tmp_path):
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, said):
        for _ in range(150):
            await asyncio.to_thread(ask, port, "GET", "/graphql")
    assert len(said) == 100


def send_raw(port, sent):
    """Send what no client of MLflow would, and read until the proxy has had enough."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while line.recv(1 << 16):
                pass


async def test_what_is_no_http_is_kept_nowhere(machine, client, runs, tmp_path, caplog):
    """A keeper's own log is on no disk of the run: whatever filled it would fill the machine's."""
    gzip = b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, said):
        for sent in (b"GARBAGE\r\n\r\n", b"POST /x HTTP/1.1\r\nHost: x\r\n" + gzip, b"\0" * 9000):
            await asyncio.to_thread(send_raw, port, sent)
    assert said == []
    assert [record.name for record in caplog.records if record.name.startswith("aiohttp")] == []


async def test_a_run_sends_no_more_files_than_it_may(machine, client, runs, tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "MOST_SENT", 100_000)
    own = runs[0].info.run_id
    put = f"/api/2.0/mlflow-artifacts/artifacts/{runs[0].info.experiment_id}/{own}/artifacts/"
    answers = []
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, said):
        for name in ("small", "large", "more"):
            size = 200_000 if name == "large" else 10
            answer = await asyncio.to_thread(ask, port, "PUT", put + name, "x" * size)
            answers.append(answer[0])
    assert answers == [200, 503, 403]
    assert "MB at most" in said[0]


@pytest.mark.parametrize(("size", "passes"), [(60_000, 1), (0, 60)], ids=["large", "empty"])
async def test_what_it_says_of_itself_counts_too(  # noqa: PLR0917 (fixtures)
    machine, client, runs, tmp_path, monkeypatch, size, passes
):
    """MLflow keeps the profile of each dataset in its database, and a row for whatever is said."""
    monkeypatch.setattr(serve, "MOST_SENT", 60_000)
    answers = []
    async with proxied(machine, tmp_path, known_of(runs[0], client)) as (port, _):
        for number in range(passes + 10):
            dataset = {"name": "x", "digest": str(number), "source_type": "a", "source": "b"}
            body = {
                "run_id": runs[0].info.run_id,
                "datasets": [{"dataset": {**dataset, "profile": "x" * size}}],
            }
            told = (port, "POST", "/api/2.0/mlflow/runs/log-inputs", body)
            answer = await asyncio.to_thread(ask, *told, Content_Type="application/json")
            answers.append(answer[0])
    assert answers[0] == 200
    assert answers[passes:] == [403] * 10
