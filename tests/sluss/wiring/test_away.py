"""SLUSS_LOCAL=false: deliveries and Teams come in, and nothing that trusts this machine is served."""

import asyncio
import base64
import json
from pathlib import Path

import aiohttp
import pytest

from adapters.mlflow.command import free_port
from sluss.commands.status import Code, status
from tests.sluss.wiring.away import asked, away

HOOKS = "/hooks/azure-devops"
PUSH = Path(__file__).parents[2] / "payloads" / "azure_devops" / "git_push__one_branch.json"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with away(tmp_path_factory.mktemp("gateway") / "home") as found:
        yield found


@pytest.fixture(scope="module", params=["worker", "all"])
def worker(request, tmp_path_factory):
    """A worker whose MLflow does not answer."""
    home, mlflow = tmp_path_factory.mktemp("worker") / "home", f"http://127.0.0.1:{free_port()}"
    more = {"SLUSS_MLFLOW_URL": mlflow, "SLUSS_PUBLIC_URL": "https://sluss.bank.example"}
    with away(home, request.param, **more) as found:
        yield request.param, found


@pytest.fixture
async def started(gateway):
    await gateway.until_answered(f"{gateway.health}/health/live")
    return gateway


def as_sluss(password):
    return {"Authorization": f"Basic {base64.b64encode(f'sluss:{password}'.encode()).decode()}"}


async def test_hooks_ask_for_credentials(started):
    body = PUSH.read_bytes()
    url = f"{started.url}{HOOKS}"

    assert (await asked("POST", url, data=body))[0] == 401
    assert (await asked("POST", url, data=body, headers=as_sluss("wrong")))[0] == 401
    assert (await asked("POST", url, data=body, headers=as_sluss("a-hook-secret")))[0] == 202


async def test_while_the_secret_of_the_hooks_is_rotated_the_one_before_is_still_taken(started):
    url, body = f"{started.url}{HOOKS}", PUSH.read_bytes()
    before = as_sluss("the-hook-secret-before")
    assert (await asked("POST", url, data=body, headers=before))[0] == 202
    assert (await asked("POST", url, data=body, headers=as_sluss("")))[0] == 401


async def test_activities_that_the_channel_did_not_sign_are_refused(started):
    url, activity = f"{started.url}/api/messages", {"type": "message", "text": "help"}
    forged = {"Authorization": "Bearer a.b.c"}

    assert (await asked("POST", url, json=activity))[0] == 401
    assert (await asked("POST", url, json=activity, headers=forged))[0] == 401


@pytest.mark.parametrize(
    "path",
    ["/", "/chat", "/chat/", "/chat/connector/", "/releases", "/deliveries", "/style/style.css",
     "/health/live", "/health/ready", "/health/refused", "/metrics"],
)  # fmt: skip
async def test_nothing_that_trusts_this_machine_is_on_the_public_port(started, path):
    assert (await asked("GET", f"{started.url}{path}"))[0] == 404


async def test_health_and_metrics_have_a_port_of_their_own(started):
    _, told = await started.until_answered(f"{started.health}/health/ready", 200)

    assert json.loads(told)["failed"] == {}
    assert "sluss_deliveries" in (await asked("GET", f"{started.health}/metrics"))[1]
    assert (await asked("POST", f"{started.health}{HOOKS}"))[0] == 404
    assert (await asked("POST", f"{started.health}/api/messages"))[0] == 404


async def test_nobody_is_invented_and_the_operator_is_told_where_things_are(started):
    assert "people: []" in (started.home / "people.yml").read_text()
    assert "Sluss is up as gateway" in started.said
    assert "picked, not verified" not in started.said
    assert "a-client-secret" not in started.said


async def test_a_worker_serves_its_health_and_alone_nothing_else(worker):
    role, process = worker
    assert (await process.until_answered(f"{process.health}/health/live"))[0] == 200
    await process.until_answered(f"{process.health}/health/ready", 200)
    assert not (process.home / "mlflow").exists()
    if role == "all":
        assert (await asked("POST", f"{process.url}{HOOKS}"))[0] == 401
        return
    with pytest.raises(aiohttp.ClientConnectionError):
        await asked("GET", process.url)


async def test_a_worker_whose_mlflow_is_away_says_so_and_goes_on(worker):
    role, process, home = *worker, worker[1].home
    await process.until_answered(f"{process.health}/health/live")
    found = await asyncio.to_thread(status, home)
    async with asyncio.timeout(20):
        while "webhook" not in "".join(found.lines()):
            found = await asyncio.to_thread(status, home)
    [(name, health)] = found.found.items()

    assert (found.code, health.ready) == (Code.TROUBLED, True)
    assert health.troubles["MLflow's webhook"].says.startswith("MLflow does not answer.")
    assert ("gateway" in name, "gateway" in health.troubles) == (role == "all", role != "all")
    assert process.process.poll() is None
