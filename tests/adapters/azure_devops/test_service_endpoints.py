"""Service connections of Azure DevOps: who they sign in as, and whether they can."""

import pytest

from core.gate.endpoints import ServiceEndpoint
from tests.adapters.azure_devops.library_world import LibraryWorld
from tests.peers.azure_devops import AzureDevOpsPeer, faults
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.library import FAILED, connection
from tests.peers.azure_devops.library import ServiceEndpoint as Connection
from tests.peers.azure_devops.world import SLUSS

CLIENT = "0f2f6a3c-6d0c-4a5e-9a7c-2f3b0f1d7e55"
TENANT = "2b8f0a52-7f0d-4c5b-9c7d-0c8b7e0d9a11"
QA = ServiceEndpoint(
    name="lending-qa", principal=CLIENT, tenant=TENANT, scheme="WorkloadIdentityFederation"
)
ENDPOINTS = "/serviceendpoint/endpoints"


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "devops") as devops:
        made = LibraryWorld(devops)
        yield made
        await made.client.close()


@pytest.fixture
def lending(world):
    made = connection("lending-qa", CLIENT, tenant=TENANT)
    return world.library.endpoint(world.lending, made)


async def test_a_connection_says_who_it_signs_in_as(world, lending):
    found = await world.endpoints()
    assert found.found == (QA,)
    assert (found.project, found.unread) == ("lending & more", "")
    assert found.page == f"{world.devops.address}/lending%20%26%20more/_settings/adminservices"
    assert found.found[0].works


async def test_one_that_failed_is_asked_for_and_says_why(world, lending):
    lending.state, lending.message = FAILED, "The application was not found in the directory."
    [found] = (await world.endpoints()).found
    assert (found.is_ready, found.works) == (False, False)
    assert found.why == "The application was not found in the directory."


async def test_a_disabled_one_is_told_though_the_sdk_does_not_know_the_field(world, lending):
    lending.is_disabled = True
    [found] = (await world.endpoints()).found
    assert (found.is_disabled, found.works) == (True, False)


async def test_one_that_is_shared_with_the_project_counts(world):
    made = world.library.endpoint(world.devops.project("gbi"), connection("gbi-qa", CLIENT))
    assert (await world.endpoints()).unread.startswith("Azure DevOps shows Sluss no service")
    made.share(world.lending)
    found = await world.endpoints(world.passes(1))
    assert [each.name for each in found.found] == ["gbi-qa"]


async def test_who_hides_its_parameters_is_told_apart_from_who_has_none(world, lending):
    lending.is_hidden = True
    managed = Connection("own", {"tenantid": TENANT}, scheme="ManagedServiceIdentity")
    world.library.endpoint(world.lending, managed)
    found = {each.name: each for each in (await world.endpoints()).found}
    assert found["lending-qa"].is_hidden
    assert not found["own"].is_hidden


async def test_what_signs_in_nowhere_is_left_out(world, lending):
    world.library.endpoint(world.lending, Connection("pypi", {}, scheme="Token", kind="externalpythondownloadfeed"))  # fmt: skip
    assert (await world.endpoints()).found == (QA,)


async def test_without_the_right_none_is_missing_and_the_right_is_named(world, lending):
    world.devops.access.deny(SLUSS, Right.ENDPOINTS_READ, at=world.lending.id)
    found = await world.endpoints()
    assert found.found == ()
    assert "the right is missing (Reader of the service connections" in found.unread
    assert found.unread.endswith("/lending%20%26%20more/_settings/adminservices")


async def test_a_token_without_the_scope_is_told(world, lending):
    client = world.with_token_without(Right.ENDPOINTS_READ)
    assert "has the scope Service Connections: Read, too" in (await world.endpoints()).unread
    await client.close()


async def test_a_refusal_names_the_right(world, lending):
    world.devops.faults.on("GET", ENDPOINTS, faults.error(403, "No.", "AccessDeniedException"))
    assert "the right is missing (Reader of the service" in (await world.endpoints()).unread


async def test_groups_and_connections_of_one_run_take_three_calls(world, lending):
    world.library.group(world.lending, "sluss-common", {})
    since = world.now
    await world.of_stages(since)
    before = world.calls()
    await world.endpoints(since)
    assert world.calls() == before + 1
