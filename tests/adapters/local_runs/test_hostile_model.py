"""A model's code that tries everything: behind walls it does none of it, and without it never runs."""

import asyncio
import http.server
import json
import os
import shutil
import threading
import uuid
from pathlib import Path

import psutil
import pytest
from mlflow.tracking import MlflowClient

from adapters.sandbox import probe
from adapters.sandbox.sandbox import ShutIn
from core.gate.tools import Level
from core.ports import RunState
from core.words import ModelType, ReleaseId, Step
from tests.adapters.local_runs.conftest import Machine
from tests.adapters.ml_platform_contract import finish, key, whole_log
from tests.adapters.ml_platform_models import MODEL, repository, spec
from tests.adapters.sandbox.conftest import is_allowed

WALLS = (Level.BUBBLEWRAP, Level.NAMESPACES)
SECRET = "swordfish-" + uuid.uuid4().hex
MARK = f"sluss-hostile-{os.getpid()}"

# Each line of the attack is tried by itself; what works is printed with OPEN before it.
ATTACK = """
import ctypes, glob, http.client, json, os, signal, socket, subprocess, sys, urllib.request

T = json.loads({targets!r})


def attempt(name, act):
    try:
        found = act()
    except BaseException as error:
        print("shut", name, type(error).__name__, flush=True)
    else:
        print("OPEN" if found else "shut", name, repr(found)[:200], flush=True)


def read(path):
    return open(path, "rb").read() if os.path.isfile(path) else os.listdir(path)


def write(path):
    with open(path, "ab") as file:
        return file.write(b"planted")


def post(port, path):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    line.request("POST", path, body="{{}}", headers={{"Content-Type": "application/json"}})
    return line.getresponse().status


def mlflow(method, path, body=None):
    host = os.environ["MLFLOW_TRACKING_URI"].removeprefix("http://")
    line = http.client.HTTPConnection(host, timeout=20)
    line.request(method, path, body=json.dumps(body) if body is not None else None)
    return line.getresponse().status < 300


def unix(path):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        return True


def leave_behind():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", T["mark"]])
        os._exit(0)
    return False


def others():
    # those that build the walls, and itself, have the first numbers
    seen = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return [pid for pid in seen if pid not in (1, 2, 3, os.getpid(), os.getppid())]


def signal_all():
    return [pid for pid in T["pids"] if not os.kill(pid, 0)]


def variables():
    return [name for name in os.environ if "PASSWORD" in name or name.startswith(("UV_", "SLUSS"))]


API = "/api/2.0/mlflow"
OTHER = {{"run_id": T["other"], "key": "planted", "value": "x"}}
TAG = {{"run_id": T["run"], "key": "sluss.release", "value": "another"}}


def try_everything():
    for path in T["reads"]:
        attempt(f"read {{path}}", lambda: read(path))
    site = next(path for path in sys.path if path.endswith("site-packages"))
    for path in (*T["writes"], f"{{site}}/evil.pth", f"{{site}}/sitecustomize.py", f"{{sys.prefix}}/x"):
        attempt(f"write {{path}}", lambda: write(path))
    attempt("remount", lambda: subprocess.run(["mount", "-o", "remount,rw", "/"]).returncode == 0)
    attempt("new namespace", lambda: ctypes.CDLL(None).unshare(0x10000000) == 0)
    for port in T["ports"]:
        attempt(f"post to {{port}}", lambda: post(port, "/api/messages"))
    attempt("alias", lambda: mlflow("POST", f"{{API}}/registered-models/alias",
            {{"name": T["model"], "alias": "prod", "version": "1"}}))
    attempt("other run", lambda: mlflow("POST", f"{{API}}/runs/set-tag", OTHER))
    attempt("read other run", lambda: mlflow("GET", f"{{API}}/runs/get?run_id=" + T["other"]))
    attempt("delete", lambda: mlflow("POST", f"{{API}}/runs/delete", {{"run_id": T["run"]}}))
    attempt("binding tag", lambda: mlflow("POST", f"{{API}}/runs/set-tag", TAG))
    attempt("webhooks", lambda: mlflow("GET", f"{{API}}/webhooks"))
    attempt("graphql", lambda: mlflow("POST", "/graphql", {{"query": "{{ mlflowSearchRuns }}"}}))
    attempt("processes", others)
    attempt("signals", signal_all)
    attempt("variables", variables)
    for path in T["sockets"]:
        attempt(f"socket {{path}}", lambda: unix(path))
    attempt("outlive", leave_behind)
    attempt("is root", lambda: open("/etc/shadow").read())
"""
TRAIN = "\n\ndef train(data, params):\n    try_everything()\n    return Evil()\n"
PICKLE = """

class Evil:
    def __reduce__(self):
        return (exec, ("open({!r}, 'w').write('unpickled')",))
"""
SCORE = "\n\ndef score(model, data, params):\n    try_everything()\n    return [1]\n"


async def _at(level: Level, home: Path) -> ShutIn:
    sandbox = await probe(level, home=home)
    if sandbox.level is not level:
        assert not await asyncio.to_thread(is_allowed, level), "the machine allows it, and it fails"
        pytest.skip(f"this machine does not allow the level {level}")
    return sandbox


@pytest.fixture(params=WALLS)
async def walled(request, machine: Machine):
    sandbox = await _at(request.param, machine.home.resolve())

    async def found() -> ShutIn:
        return sandbox

    return machine.runs(find_sandbox=found, secrets=(SECRET,))


@pytest.fixture
def server():
    """A port of this machine, and who has called there."""
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving.server_port, heard
        serving.shutdown()


@pytest.fixture
def home(machine: Machine):
    """What a home has besides runs: secrets, a ledger, the environment of another model."""
    (machine.home / "secrets").mkdir(exist_ok=True)
    (machine.home / "secrets" / "azure_devops_hook").write_text(SECRET)
    (machine.home / "ledger.db").write_text(SECRET)
    other = machine.home / "environments" / ("0" * 32)
    other.mkdir(exist_ok=True)
    (other / "pyvenv.cfg").write_text("home = /usr")
    yield machine.home
    shutil.rmtree(other)


@pytest.fixture
async def run(tracking):
    return await tracking.open_run(MODEL, ReleaseId(f"loan_default-{uuid.uuid4().hex}"), {})


@pytest.fixture
def attack(machine: Machine, home: Path, server, run: str, tracking):
    client = MlflowClient(machine.tracking_uri, machine.tracking_uri)
    other = client.create_run(client.create_experiment(f"other-{uuid.uuid4().hex}")).info.run_id
    port, _ = server
    targets = {
        "reads": [
            str(home / "secrets" / "azure_devops_hook"),
            str(home / "ledger.db"),
            str(home / "environments" / ("0" * 32) / "pyvenv.cfg"),
            str(home / "environments" / ("0" * 32)),
            str(home / "mlflow"),
            str(home / "long_runs"),
            "/etc/shadow",
        ],
        "writes": [str(home / "secrets" / "x"), "/usr/planted", "/planted", "/repo/planted"],
        "ports": [port, int(machine.tracking_uri.rpartition(":")[2])],
        "sockets": ["/run/docker.sock", "/var/run/docker.sock", str(home / "way")],
        "pids": [os.getpid(), os.getppid()],
        "model": MODEL,
        "run": run,
        "other": other,
        "mark": MARK,
    }
    return ATTACK.format(targets=json.dumps(targets)), client, run, other


def living() -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        is_ours = MARK in (process.info["cmdline"] or [])
        if is_ours and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def environments(home: Path) -> list[Path]:
    """Those that are whole; another test may be building one beside them."""
    return [*(home / "environments").resolve().glob("[!.]*/")]


def files_in(folders: list[Path]) -> dict[str, bytes]:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if path.suffix != ".manifest"}


async def test_a_hostile_model_does_none_of_it(walled, home, attack, server, tmp_path):
    code, client, run, other = attack
    planted = tmp_path / "unpickled"
    evil = code + PICKLE.format(str(planted)) + TRAIN
    await finish(walled, await walled.start(spec(key(), Step.TRAIN, run)))  # it makes one
    built = environments(home)
    before = files_in(built)
    wanted = spec(key(), Step.TRAIN, run, code=repository({"src/train.py": evil}))

    started = await walled.start(wanted)
    look = await finish(walled, started)

    log = await whole_log(walled, started)
    assert look.state is RunState.SUCCEEDED, (look.reason, log)
    assert [line for line in log.splitlines() if line.startswith("OPEN")] == []
    assert log.count("shut ") > 30, log
    assert SECRET not in log
    assert server[1] == []
    assert living() == []
    assert not planted.exists(), "nothing of ours unpickles what it made"
    assert files_in(built) == before
    assert "planted" not in client.get_run(other).data.tags
    assert client.get_run(run).info.lifecycle_stage == "active"
    assert log.count("was refused") >= 6
    assert f"shut in by {look.outcome.level}" in log


async def test_hostile_rules_do_none_of_it_either(walled, attack, server):
    code, _, run, _ = attack
    rules = {"code": repository({"src/score.py": code + SCORE}), "model_type": ModelType.RULEBASED}

    started = await walled.start(spec(key(), Step.SCORE, run, **rules))
    look = await finish(walled, started)

    log = await whole_log(walled, started)
    assert look.state is RunState.SUCCEEDED, (look.reason, log)
    assert [line for line in log.splitlines() if line.startswith("OPEN")] == []
    assert server[1] == []
    assert living() == []


async def test_without_walls_it_does_not_start_unless_somebody_chose_that(machine: Machine, run):
    sandbox = await probe(Level.LIMITS, home=machine.home.resolve())

    async def found() -> ShutIn:
        return sandbox

    runs = machine.runs(find_sandbox=found)
    refused = await runs.start(spec(key(), Step.TRAIN, run))
    chosen = await runs.start(spec(key(), Step.TRAIN, run, weakest=Level.LIMITS))

    look = await finish(runs, refused)
    assert look.state is RunState.FAILED
    assert "shuts code in with limits only, and policy.yml asks for namespaces" in look.reason
    assert await whole_log(runs, refused) == ""
    assert (await finish(runs, chosen)).outcome.level is Level.LIMITS
