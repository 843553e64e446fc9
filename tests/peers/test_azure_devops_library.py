"""The peer shows variable groups and service connections as Azure DevOps does, to the real SDK."""

import pytest

from tests.peers.azure_devops import AzureDevOpsPeer, Right
from tests.peers.azure_devops.clients import sdk
from tests.peers.azure_devops.library import FAILED, SecretVariable, connection, library
from tests.peers.azure_devops.world import SLUSS


@pytest.fixture
def devops(tmp_path):
    with AzureDevOpsPeer(tmp_path) as peer:
        yield peer


@pytest.fixture
def lending(devops):
    return devops.project("lending")


@pytest.fixture
def agent(devops):
    return sdk(devops.address, devops.token).get_task_agent_client()


@pytest.fixture
def endpoints(devops):
    return sdk(devops.address, devops.token).get_service_endpoint_client()


def test_a_secret_comes_without_its_value_and_a_vault_with_names_alone(devops, lending, agent):
    kept = library(devops)
    kept.group(lending, "plain", {"A": "1", "B": SecretVariable("2")})
    kept.vault(lending, "vault", "C")

    vault, plain = agent.get_variable_groups("lending")
    assert (plain.variables["A"].value, plain.variables["A"].is_secret) == ("1", None)
    assert (plain.variables["B"].value, plain.variables["B"].is_secret) == (None, True)
    assert (vault.type, vault.variables["C"].value) == ("AzureKeyVault", None)


def test_pages_go_on_at_the_id_of_the_next_group(devops, lending, agent):
    made = [library(devops).group(lending, f"g{number}", {}) for number in range(5)]

    first = agent.get_variable_groups("lending", top=2)
    assert [each.name for each in first] == ["g4", "g3"]
    rest = agent.get_variable_groups("lending", continuation_token=made[2].id)
    assert [each.name for each in rest] == ["g2", "g1", "g0"]
    [named] = agent.get_variable_groups("lending", group_name="G1")
    assert named.name == "g1"


def test_a_group_is_in_the_projects_that_it_is_shared_with_under_its_name_there(
    devops, lending, agent
):
    gbi = devops.project("gbi")
    made = library(devops).group(gbi, "qa", {})
    assert agent.get_variable_groups("lending") == []

    made.share(lending, "qa of gbi")
    [shared] = agent.get_variable_groups("lending")
    assert (shared.name, shared.is_shared) == ("qa of gbi", True)
    assert [each.name for each in agent.get_variable_groups("gbi")] == ["qa"]


def test_what_may_not_be_seen_is_left_out(devops, lending, agent, endpoints):
    kept = library(devops)
    hidden = kept.group(lending, "hidden", {})
    kept.group(lending, "seen", {})
    kept.endpoint(lending, connection("azure", "id"))
    devops.access.deny(SLUSS, Right.VARIABLE_GROUPS_READ, at=hidden.place)
    devops.access.deny(SLUSS, Right.ENDPOINTS_READ, at=lending.id)

    assert [each.name for each in agent.get_variable_groups("lending")] == ["seen"]
    assert endpoints.get_service_endpoints("lending") == []


def test_a_connection_that_failed_comes_only_if_it_is_asked_for(devops, lending, endpoints):
    made = library(devops).endpoint(lending, connection("azure", "client"))
    made.state, made.message, made.is_disabled = FAILED, "No application.", True

    assert endpoints.get_service_endpoints("lending") == []
    [failed] = endpoints.get_service_endpoints("lending", include_failed=True)
    assert failed.is_ready is False
    assert failed.operation_status == {"state": "Failed", "statusMessage": "No application."}
    assert failed.authorization.parameters["serviceprincipalid"] == "client"
    assert failed.additional_properties["isDisabled"] is True
