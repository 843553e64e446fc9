"""A whole start takes the call of a check, seals its token, and reads the run back by itself."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.mlflow.command import free_port
from tests.peers.azure_devops import AzureDevOpsPeer, person
from tests.peers.azure_devops.called_checks import CheckCall, RestCheck
from tests.peers.azure_devops.environments import Environment
from tests.peers.azure_devops.pipelines import Pipeline
from tests.sluss.wiring.away import Away, asked, away

DOOR = "/hooks/azure-pipelines-check"
ANNA = person("Anna Berg", "anna.berg@bank.example")


@pytest.fixture
async def devops(tmp_path: Path):
    async with AzureDevOpsPeer(tmp_path / "devops") as peer:
        peer.join(ANNA)
        yield peer


@pytest.fixture
async def started(tmp_path: Path, devops: AzureDevOpsPeer):
    (tmp_path / "sluss").mkdir()
    more = {
        "SLUSS_AZURE_DEVOPS": devops.address,
        "SLUSS_SECRET_AZURE_DEVOPS_TOKEN": devops.token,
        "SLUSS_MLFLOW_URL": f"http://127.0.0.1:{free_port()}",
        "SLUSS_PUBLIC_URL": "https://sluss.bank.example",
    }
    with away(tmp_path / "sluss" / "home", "all", **more) as found:
        await found.until_answered(f"{found.health}/health/ready", 200)
        yield found


def waiting(devops: AzureDevOpsPeer, started: Away, **headers: str) -> CheckCall:
    churn = devops.project("lending").repository("churn")
    churn.push(by=ANNA, files={"train.py": "1"})
    check = RestCheck("Sluss", f"{started.url}{DOOR}", headers)
    production = Environment(churn.project, "production", checks=[check])
    Pipeline(churn.project, "deploy", churn).run(by=ANNA).stage("go", environment=production)
    return production.calls[0]


def seen(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "store.db")) as ledger:
        rows = ledger.execute("SELECT data FROM events WHERE type = 'CheckpointSeen'").fetchall()
    return [row[0] for row in rows]


async def until(found: Callable[[], object]) -> None:
    while True:
        if found():
            return
        await asyncio.sleep(0.05)


async def test_a_call_becomes_a_checkpoint_and_its_token_is_nowhere(devops, started):
    secret = (started.home / "secrets" / "azure_pipelines_check").read_text("utf-8").strip()
    call = waiting(devops, started, **{"X-Sluss-Secret": secret})
    assert await call.deliver(devops.address) == 202
    await until(lambda: seen(started.home))
    assert '"environment":"production"' in seen(started.home)[0]
    metrics = (await asked("GET", f"{started.health}/metrics"))[1]
    assert 'source="azure-pipelines-check"' in metrics
    with closing(sqlite3.connect(started.home / "store.db")) as store:
        [note] = store.execute("SELECT value FROM notes WHERE key LIKE 'check_token/%'").fetchall()
    kept = b"".join(path.read_bytes() for path in started.home.rglob("*") if path.is_file())
    for form in (call.token, call.token.encode().hex()):
        assert form not in f"{note} {metrics} {started.said}"
        assert form.encode() not in kept


async def test_a_call_without_our_secret_is_refused_and_fails_the_check(devops, started):
    call = waiting(devops, started, **{"X-Sluss-Secret": "wrong"})
    assert await call.deliver(devops.address) == 401
    assert call.outcome == "failed"


async def test_a_header_that_is_too_long_for_a_token_is_not_quoted_in_the_log(devops, started):
    call = waiting(devops, started)
    call.token = "token-that-is-too-long" * 1000
    assert await call.deliver(devops.address) == 400
    await until(lambda: "it is no HTTP" in started.said)
    assert "token-that-is-too-long" not in started.said
