"""The client of Azure DevOps: the real SDK and real HTTP against the peer, with what goes wrong."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings, Right
from adapters.azure_devops.errors import ConflictError, NotThereError, RightMissingError
from adapters.azure_devops.own_identity import OwnIdentity
from core.errors import SettingsError, SlussError, StepFailedError, UnavailableError
from tests.peers.azure_devops import AzureDevOpsPeer, Repository, faults
from tests.peers.azure_devops.access import Right as PeerRight
from tests.peers.azure_devops.world import SLUSS

REPOSITORY = r"/git/repositories/[0-9a-f-]+$"
Ask = Callable[[], Any]


@pytest.fixture
async def devops(tmp_path: Path) -> AsyncIterator[AzureDevOpsPeer]:
    async with AzureDevOpsPeer(tmp_path) as peer:
        yield peer


@pytest.fixture
def churn(devops: AzureDevOpsPeer) -> Repository:
    return devops.project("lending").repository("churn")


@pytest.fixture
async def client(devops: AzureDevOpsPeer) -> AsyncIterator[AzureDevOps]:
    settings = AzureDevOpsSettings(address=devops.address, token=devops.token)
    made = AzureDevOps(settings)
    yield made
    await made.close()


@pytest.fixture(params=["sdk", "rest"])
def ask(request: pytest.FixtureRequest, client: AzureDevOps, churn: Repository) -> Ask:
    """Both ways to ask read the same repository, and say the same of what goes wrong."""
    what = "read the repository churn"

    async def by_sdk() -> Any:
        found = await client.ask(Right.CODE, what, lambda sdk: sdk.git.get_repository(churn.id))
        return found.name

    async def by_rest() -> Any:
        path = ("_apis", "git", "repositories", churn.id)
        return (await client.rest.get(Right.CODE, what, *path))["name"]

    return by_sdk if request.param == "sdk" else by_rest


async def told(ask: Ask, kind: type[SlussError]) -> str:
    with pytest.raises(kind) as raised:
        await ask()
    return str(raised.value)


async def test_a_repository_is_read(ask: Ask):
    assert await ask() == "churn"


@pytest.mark.parametrize("latest", [7.0, 6.0])
async def test_a_server_with_an_older_api_is_asked_for_that(
    devops: AzureDevOpsPeer, client: AzureDevOps, churn: Repository, ask: Ask, latest: float
):
    devops.latest_version = latest
    assert await ask() == "churn"
    assert await OwnIdentity(client).id() == SLUSS.id
    mark = devops.calls.mark()
    assert await ask() == "churn"
    assert await OwnIdentity(client).id() == SLUSS.id
    assert len(devops.calls.since(mark)) == 2, "which version it has is known by now"


async def test_a_collection_on_premises_is_read_as_well(devops: AzureDevOpsPeer, churn: Repository):
    settings = AzureDevOpsSettings(address=devops.collection_address, token=devops.token)
    client = AzureDevOps(settings)
    found = await client.ask(Right.CODE, "read it", lambda sdk: sdk.git.get_repository(churn.id))
    assert found.name == "churn"
    await client.close()


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("Default Collection", "Default%20Collection"),
        ("K%C3%B6ln", "K%C3%B6ln"),
        ("Köln", "K%C3%B6ln"),
    ],
)
def test_an_address_is_spelled_as_clients_send_it(written: str, spelled: str):
    settings = AzureDevOpsSettings(address=f"https://devops.example/tfs/{written}", token="t")
    assert settings.address == f"https://devops.example/tfs/{spelled}"
    assert settings.is_ours(f"https://devops.example/tfs/{spelled}/_apis/projects")


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (faults.sign_in_page(), UnavailableError, "shows a page to sign in"),
        (faults.sign_in_redirect(), UnavailableError, "shows a page to sign in"),
        (faults.answer(401), UnavailableError, "lacks a scope (Code: Read)"),
        (faults.answer(403, "<html>no</html>"), RightMissingError, "the right is missing (Code"),
        (faults.answer(404, "gone"), NotThereError, "deleted, moved or disabled"),
        (faults.error(409, "busy", "GitConflict"), ConflictError, "at the same moment"),
        (faults.error(400, "The value is bad.", "Bad"), StepFailedError, "The value is bad."),
        (faults.answer(400, "[" * 9000), StepFailedError, "HTTP 400"),
        (faults.answer(500), UnavailableError, "HTTP 500"),
        (faults.answer(502, "<html>"), UnavailableError, "HTTP 502"),
        (faults.answer(503), UnavailableError, "HTTP 503"),
        (faults.sign_in_page(200), UnavailableError, "not its own (a web page)"),
        (faults.answer(200, "{", content_type="application/json"), UnavailableError, "not its own"),
        (faults.half(), UnavailableError, "the connection was cut"),
        (faults.dropped_before(), UnavailableError, "the connection was cut"),
        (faults.dropped_after(), UnavailableError, "the connection was cut"),
    ],
)
async def test_each_way_to_fail_has_its_sentence(
    devops: AzureDevOpsPeer, ask: Ask, fault: faults.Effect, kind: type[SlussError], says: str
):
    await ask()  # the SDK has read its list of addresses
    devops.faults.on("GET", REPOSITORY, fault, times=faults.ALWAYS)  # aiohttp reads again once
    said = await told(ask, kind)
    assert says in said
    assert "read the repository churn" in said
    devops.faults.clear()
    assert await ask() == "churn"


@pytest.mark.parametrize(("status", "body"), [(200, '{"count": 0, "value": null}'), (204, "")])
async def test_a_list_of_nothing_is_empty(
    devops: AzureDevOpsPeer, client: AzureDevOps, churn: Repository, status: int, body: str
):
    answer = faults.answer(status, body, content_type="application/json")
    devops.faults.on("GET", "/pushes", answer)
    found = await client.ask(Right.CODE, "list them", lambda sdk: sdk.git.get_pushes(churn.id))
    assert found == []


async def test_a_token_that_has_expired_is_told(devops: AzureDevOpsPeer, ask: Ask):
    devops.access.issue(devops.token, SLUSS, expires=devops.now())
    assert "has expired" in await told(ask, UnavailableError)


async def test_a_wrong_token_is_told_and_not_shown(devops: AzureDevOpsPeer, ask: Ask):
    devops.access.revoke(devops.token)
    said = await told(ask, UnavailableError)
    assert "does not let us in" in said
    assert devops.token not in said


async def test_a_repository_that_is_not_shown_is_told_with_the_right(
    devops: AzureDevOpsPeer, churn: Repository, ask: Ask
):
    devops.access.deny(SLUSS, PeerRight.CODE_READ, at=churn.id)
    assert "right (Code: Read)" in await told(ask, NotThereError)


async def test_429_is_waited_for_as_long_as_it_says(devops: AzureDevOpsPeer, ask: Ask):
    await ask()
    devops.faults.on("GET", REPOSITORY, faults.too_many(600))
    with pytest.raises(UnavailableError, match="asks us to wait") as raised:
        await ask()
    assert raised.value.asked_s == 600
    asked = devops.calls.mark()
    assert "in 600 seconds" in await told(ask, UnavailableError)
    assert not list(devops.calls.since(asked)), "a call was made though we were told to wait"


async def test_an_answer_that_brings_all_may_ask_to_wait_as_well(devops: AzureDevOpsPeer, ask: Ask):
    await ask()
    devops.faults.on("GET", REPOSITORY, faults.slowed_down(700))
    assert await ask() == "churn"
    assert "asks us to wait" in await told(ask, UnavailableError)


async def test_a_delay_without_retry_after_counts_too(devops: AzureDevOpsPeer, ask: Ask):
    await ask()
    devops.faults.on("GET", REPOSITORY, faults.slowed_down(30, is_delayed_only=True))
    assert await ask() == "churn"
    assert "asks us to wait" in await told(ask, UnavailableError)


async def test_a_short_pause_is_waited_for(devops: AzureDevOpsPeer, ask: Ask):
    await ask()
    devops.faults.on("GET", REPOSITORY, faults.slowed_down(1))
    await ask()
    began = time.monotonic()
    assert await ask() == "churn"
    assert time.monotonic() - began > 0.5


async def test_both_ways_to_ask_wait_together_and_a_metric_says_so(
    devops: AzureDevOpsPeer, churn: Repository
):
    metrics = CollectorRegistry()
    settings = AzureDevOpsSettings(address=devops.address, token=devops.token)
    client = AzureDevOps(settings, metrics=metrics)
    devops.faults.on("GET", "projects", faults.slowed_down(600))
    await client.rest.get(Right.PROJECTS, "list the projects", "_apis", "projects")
    with pytest.raises(UnavailableError, match="asks us to wait"):
        await client.ask(Right.CODE, "read it", lambda sdk: sdk.git.get_repository(churn.id))
    assert metrics.get_sample_value("sluss_azure_devops_slowed_total") == 1
    assert (metrics.get_sample_value("sluss_azure_devops_pause_seconds") or 0) > 500
    await client.close()


async def test_a_pause_of_a_day_is_cut_as_a_clock_may_be_wrong(devops: AzureDevOpsPeer, ask: Ask):
    await ask()
    devops.faults.on("GET", REPOSITORY, faults.too_many(86_400))
    await told(ask, UnavailableError)
    assert "in 900 seconds" in await told(ask, UnavailableError)


@pytest.mark.parametrize(
    "cut", [faults.truncated(2), faults.sign_in_page(200), faults.half(), faults.answer(503)]
)
async def test_a_list_of_addresses_that_is_cut_short_is_read_again(
    devops: AzureDevOpsPeer, client: AzureDevOps, churn: Repository, cut: faults.Effect
):
    devops.faults.on("OPTIONS", "", cut)

    async def ask() -> Any:
        return await client.ask(Right.CODE, "read it", lambda sdk: sdk.git.get_repository(churn.id))

    await told(ask, UnavailableError)
    assert (await ask()).name == "churn"


async def test_the_token_goes_to_no_other_host(devops: AzureDevOpsPeer, churn: Repository):
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.close()

    other = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    moved = faults.answer(307, headers={"Location": f"http://127.0.0.1:{port}/Harbour/x"})
    settings = AzureDevOpsSettings(address=devops.address, token=devops.token)
    client = AzureDevOps(settings)
    devops.faults.on("GET|OPTIONS", "", moved, times=faults.ALWAYS)
    with pytest.raises(UnavailableError, match="sign in"):
        await client.ask(Right.CODE, "read it", lambda sdk: sdk.git.get_repository(churn.id))
    with pytest.raises(UnavailableError, match="sign in"):
        await client.rest.get(Right.PROJECTS, "list the projects", "_apis", "projects")
    assert heard == []
    await client.close()
    other.close()


async def test_no_name_leads_out_of_a_collection(devops: AzureDevOpsPeer):
    settings = AzureDevOpsSettings(address=devops.collection_address, token=devops.token)
    client = AzureDevOps(settings)
    with pytest.raises(UnavailableError, match="leads elsewhere"):
        await client.rest.get(Right.PROJECTS, "list the projects", "..", "_apis", "projects")
    assert len(devops.calls) == 0
    await client.close()


async def test_no_login_is_taken_from_the_home_of_a_person(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    logins = tmp_path / "netrc"
    logins.write_text("machine 127.0.0.1 login anna password hunter22\n")
    logins.chmod(0o600)
    monkeypatch.setenv("NETRC", str(logins))
    assert await ask() == "churn"


async def test_what_does_not_answer_holds_nobody(
    devops: AzureDevOpsPeer, client: AzureDevOps, churn: Repository
):
    devops.faults.on("GET", REPOSITORY, faults.hang(), times=faults.ALWAYS)
    with pytest.raises(UnavailableError, match="did not come to the end"):
        await client.ask(
            Right.CODE, "read it", lambda sdk: sdk.git.get_repository(churn.id), limit_s=0.3
        )


async def test_a_write_is_sent_once_whatever_comes_back(
    devops: AzureDevOpsPeer, client: AzureDevOps, churn: Repository
):
    devops.faults.on("POST", "/commitsbatch", faults.answer(503), times=faults.ALWAYS)
    criteria = {"ids": ["0" * 40]}
    with pytest.raises(UnavailableError, match="HTTP 503"):
        await client.ask(
            Right.CODE, "read it", lambda sdk: sdk.git.get_commits_batch(criteria, churn.id)
        )
    assert len(devops.calls.to("POST", "commitsbatch")) == 1


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://devops.example/tfs/Collection", "over https"),
        ("https://dev.azure.com", "must name the organisation"),
        ("https://dev.azure.com/", "must name the organisation"),
        ("https://anna:hunter22@dev.azure.com/harbour", "without a login"),
    ],
)
def test_no_token_goes_to_such_an_address(address: str, says: str):
    with pytest.raises(SettingsError, match=says) as raised:
        AzureDevOps(AzureDevOpsSettings(address=address, token="t"))
    assert "hunter22" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://dev.azure.com/harbour/_apis/projects", True),
        ("https://dev.azure.com/Harbour/_apis/projects", True),
        ("https://vsrm.dev.azure.com/harbour/_apis/release", True),
        ("https://harbour.visualstudio.com/_apis/projects", True),
        ("https://app.vssps.visualstudio.com/_apis/resourceareas", True),
        ("https://dev.azure.com/other/_apis/projects", False),
        ("https://dev.azure.com/_apis", False),
        ("http://vsrm.dev.azure.com/harbour", False),
        ("https://dev.azure.com.example/harbour/", False),
        ("https://evildev.azure.com/harbour/", False),
        ("https://anna@vsrm.dev.azure.com/harbour", False),
        ("https://vsrm.dev.azure.com:8443/harbour", False),
    ],
)
def test_the_token_goes_to_the_organisation_and_to_other_hosts_of_the_cloud(
    url: str, *, is_ours: bool
):
    settings = AzureDevOpsSettings(address="https://dev.azure.com/harbour", token="t")
    assert settings.is_ours(url) is is_ours


def test_the_sdk_writes_nothing_into_the_home_of_a_person(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-W", "error", "-c", "import adapters.azure_devops"],
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []
