"""Variable groups of Azure DevOps: what a stage has, and in words why it has not."""

import asyncio
import json
import shlex

import aiohttp
import pytest

from adapters.azure_devops.library import MOST
from adapters.azure_devops.variable_groups import PAGE
from core.errors import UnavailableError
from core.gate.checks import Finding
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.groups import StageGroups
from core.gate.variables import group_facts
from core.platform import GroupNames, Platform, Repository, TeamProject
from core.words import Stage, Stream
from tests.adapters.azure_devops.library_world import LibraryWorld
from tests.adapters.variable_groups_contract import (
    LONG_AGO,
    REPOSITORY,
    SECTIONS,
    VariableGroupsContract,
)
from tests.model_repos import a_repo
from tests.peers.azure_devops import AzureDevOpsPeer, faults
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.library import SecretVariable
from tests.peers.azure_devops.world import SLUSS
from workers.gate.checks.variable_groups import variable_groups

GROUPS = "/variablegroups"


@pytest.fixture
async def devops(tmp_path):
    async with AzureDevOpsPeer(tmp_path / "devops") as peer:
        yield peer


@pytest.fixture
async def world(devops):
    made = LibraryWorld(devops)
    yield made
    await made.client.close()


@pytest.fixture
def filled(world):
    """One group for every stage and a common one, as a bank has them."""
    world.library.group(world.lending, "sluss-common", {"CMR_SCOPE": "cmr", "NOTEBOOK_PATH": "/c"})
    for stage in Stage:
        own = {f"WORKSPACE_URL_{stage}": f"https://{stage}.example", "notebook_path": f"/{stage}"}
        world.library.group(world.lending, f"Sluss-{stage}", own)
    return world


class TestAzureVariableGroups(VariableGroupsContract):
    """The whole contract."""

    @pytest.fixture
    async def groups(self, devops):
        names = GroupNames(common="common", TST="tst", QA="qa", PROD="prod")
        world = LibraryWorld(devops, names)
        world.churn.id = REPOSITORY
        for name in ("common", "TST", "QA", "PROD"):
            world.library.group(world.lending, name, SECTIONS.get(name, {}))
        world.now = LONG_AGO
        yield world.groups
        await world.client.close()


async def test_a_stage_has_its_own_group_and_the_common_one(filled):
    found = await filled.of_stages()
    assert found[Stage.QA].values == {
        "CMR_SCOPE": "cmr",
        "NOTEBOOK_PATH": "/QA",
        "WORKSPACE_URL_QA": "https://QA.example",
    }
    assert not any(each.problem for each in found.values())


async def test_secret_variables_and_those_of_a_key_vault_are_set_and_not_readable(filled):
    secret = {"SPN_QA": SecretVariable("0f2f6a3c"), "OAUTH2_ID": "plain", "EMPTY": ""}
    filled.library.group(filled.lending, "more-qa", secret)
    filled.library.vault(filled.lending, "vault-qa", "OAUTH2_SECRETS_NAME", "Notebook_Path")
    names = GroupNames(QA=("sluss-qa", "more-qa", "vault-qa"))
    filled.platform = Platform(variable_groups=names)

    found = (await filled.of_stages())[Stage.QA]
    assert found.secrets == {"SPN_QA", "OAUTH2_SECRETS_NAME", "NOTEBOOK_PATH"}
    assert found.values == {
        "WORKSPACE_URL_QA": "https://QA.example",
        "OAUTH2_ID": "plain",
        "EMPTY": "",
    }


async def test_a_project_and_a_repository_have_groups_of_their_own(filled):
    filled.library.group(filled.lending, "lending-prod", {"SPN_PROD": "lending"})
    filled.library.group(filled.lending, "churn-qa", {"SPN_QA": "churn"})
    of_churn = GroupNames(QA="churn-qa")
    filled.platform = Platform(
        variable_groups=GroupNames(common="sluss-common", TST="sluss-tst", QA="no", PROD="no"),
        projects=(
            TeamProject(name=filled.lending.id, variable_groups=GroupNames(PROD="lending-prod")),
        ),
        repositories=(
            Repository(
                id=filled.churn.id, name=Stream("churn"), team="t", variable_groups=of_churn
            ),
        ),
    )
    found = await filled.of_stages()
    assert found[Stage.QA].values["SPN_QA"] == "churn"
    assert found[Stage.PROD].values["SPN_PROD"] == "lending"
    assert not any(each.problem for each in found.values())


async def test_where_platform_yml_names_no_groups_there_are_none(world):
    world.platform = Platform()
    assert await world.groups.of_stages(world.churn.id, world.now) is None
    assert world.calls(GROUPS) == 0


async def test_a_stage_that_platform_yml_does_not_name_says_so(filled):
    filled.platform = Platform(variable_groups=GroupNames(QA="sluss-qa"))
    found = await filled.of_stages()
    assert found[Stage.QA].problem == ""
    assert found[Stage.PROD].problem == (
        "platform.yml names no variable group for PROD of lending & more. Add it there below "
        "variable_groups, as PROD: NAME."
    )


async def test_a_group_with_a_wrong_name_gets_the_name_that_was_meant(filled):
    filled.platform = Platform(variable_groups=GroupNames(common="slus-common", QA="sluss-qa"))
    found = await filled.of_stages()
    [amiss] = found[Stage.QA].amiss
    assert amiss.wrong == (
        "there is no variable group slus-common in the project lending & more, or Sluss may not "
        "see it"
    )
    assert amiss.mend.startswith("Did you mean sluss-common")
    assert amiss.mend.endswith(
        f"{filled.devops.address}/lending%20%26%20more/_library?itemType=VariableGroups"
    )
    assert found[Stage.QA].values["NOTEBOOK_PATH"] == "/QA"


async def test_a_group_that_is_hidden_from_sluss_is_not_said_to_be_missing(filled):
    hidden = next(each for each in filled.library.groups if each.name == "Sluss-QA")
    filled.devops.access.deny(SLUSS, Right.VARIABLE_GROUPS_READ, at=hidden.place)
    [amiss] = (await filled.of_stages())[Stage.QA].amiss
    assert "or Sluss may not see it" in amiss.wrong
    assert "to make Sluss a Reader of it" in amiss.mend


async def test_where_no_group_is_shown_the_right_is_named_and_nothing_is_missing(filled):
    filled.devops.access.deny(SLUSS, Right.VARIABLE_GROUPS_READ, at=filled.lending.id)
    found = await filled.of_stages()
    assert found[Stage.QA].unread.startswith(
        "Azure DevOps shows Sluss no variable group of the project lending & more: either there is "
        "none, or the right is missing (Reader of the variable groups"
    )
    with pytest.raises(NotCheckedError, match="TST, QA, PROD: not checked here"):
        list(variable_groups(a_repo(), CheckFacts(groups=group_facts(found))))


async def test_a_token_without_the_scope_is_told_from_one_that_has_expired(filled):
    client = filled.with_token_without(Right.VARIABLE_GROUPS_READ)
    found = await filled.of_stages()
    assert found[Stage.TST].unread == (
        "The token of Sluss lacks a scope, so that nobody could read the variable groups of "
        "lending & more. It was not done. Make a token that has the scope Variable Groups: Read, "
        "too, keep it as the secret azure_devops_token, and start Sluss again."
    )
    filled.devops.access.revoke("small")
    with pytest.raises(UnavailableError, match="does not let us in"):
        await filled.of_stages(filled.passes(1))
    await client.close()


async def test_a_refusal_names_the_right(filled):
    refused = faults.error(403, "Access denied.", "AccessDeniedException")
    filled.devops.faults.on("GET", GROUPS, refused)
    found = await filled.of_stages()
    assert "the right is missing (Reader of the variable groups" in found[Stage.QA].unread


@pytest.mark.parametrize("fault", [faults.error(503, "Busy.", "X"), faults.too_many(), faults.dropped_before()])  # fmt: skip
async def test_what_passes_by_itself_is_waited_for_and_not_kept(filled, fault):
    filled.devops.faults.on("GET", GROUPS, fault)
    with pytest.raises(UnavailableError):
        await filled.of_stages()
    filled.devops.faults.clear()
    filled.signed_in(filled.devops.token)
    assert (await filled.of_stages())[Stage.QA].problem == ""
    await filled.client.close()


@pytest.mark.parametrize("shared_from", ["", "gbi"])
async def test_a_group_that_is_not_shared_comes_with_the_command_that_shares_it(
    filled, shared_from
):
    filled.devops.project("trading")
    gbi = filled.devops.project("gbi")
    filled.library.group(gbi, "gbi-qa", {"SPN_QA": "spn"})
    names = GroupNames(QA="gbi-qa", shared_from=shared_from)
    filled.platform = Platform(variable_groups=names)
    [amiss] = (await filled.of_stages())[Stage.QA].amiss
    assert amiss.wrong == (
        "the variable group gbi-qa of the project gbi is not shared with the project lending & more"
    )

    words = shlex.split(amiss.mend.split("`")[1])
    told = dict(zip(words[2::2], words[3::2], strict=True))
    assert told["--method"] == "patch"
    async with aiohttp.ClientSession() as session:
        signed = {"Authorization": f"Bearer {filled.devops.token}"}
        body = json.loads(told["--body"])
        async with session.patch(told["--url"], json=body, headers=signed) as answer:
            assert answer.ok
    found = await filled.of_stages(filled.passes(1))
    assert found[Stage.QA] == StageGroups(values={"SPN_QA": "spn"})


async def test_a_group_is_looked_for_in_some_other_projects_at_most(filled):
    for number in range(MOST + 5):
        filled.devops.project(f"team-{number}")
    filled.platform = Platform(variable_groups=GroupNames(QA="gone"))
    [amiss] = (await filled.of_stages())[Stage.QA].amiss
    assert "there is no variable group gone" in amiss.wrong
    assert filled.calls(GROUPS) == MOST + 2


async def test_a_shared_group_is_known_by_the_name_that_it_has_in_the_project(filled):
    made = filled.library.group(filled.devops.project("gbi"), "gbi-qa", {"SPN_QA": "spn"})
    made.share(filled.lending, "qa of gbi")
    filled.platform = Platform(variable_groups=GroupNames(QA="qa of gbi", shared_from="gbi"))
    assert (await filled.of_stages())[Stage.QA].values == {"SPN_QA": "spn"}


async def test_more_groups_than_fit_on_a_page_are_all_seen(filled):
    for number in range(PAGE + 30):
        filled.library.group(filled.lending, f"team-{number}", {})
    filled.platform = Platform(variable_groups=GroupNames(QA="sluss-qa", PROD="team-7"))
    found = await filled.of_stages()
    assert not found[Stage.QA].problem
    assert not found[Stage.PROD].problem
    assert filled.calls(GROUPS) == 2


async def test_one_run_of_the_gate_reads_once_and_who_asks_at_the_same_time_shares_it(filled):
    since = filled.now
    await filled.of_stages(since)
    await asyncio.gather(*(filled.of_stages(since) for _ in range(5)))
    assert filled.calls(GROUPS) == 1
    assert filled.calls("/git/repositories/") == 1


async def test_whoever_pushes_after_a_change_is_told_what_is_there_now(filled):
    await filled.of_stages()
    filled.library.groups[0].variables["CMR_SCOPE"] = "another"
    since = filled.passes(1)
    assert (await filled.of_stages(since))[Stage.QA].values["CMR_SCOPE"] == "another"
    assert filled.calls(GROUPS) == 2


async def test_what_is_kept_is_kept_for_a_minute_alone(filled):
    since = filled.now
    await filled.of_stages(since)
    filled.passes(61)
    await filled.of_stages(since)
    assert filled.calls(GROUPS) == 2


async def test_a_repository_of_a_renamed_project_is_followed(filled):
    await filled.of_stages()
    filled.lending.rename("loans")
    filled.library.groups[0].names.clear()
    [amiss] = (await filled.of_stages(filled.passes(1)))[Stage.QA].amiss
    assert "in the project loans" in amiss.wrong


async def test_the_check_tells_a_missing_group_and_calls_no_variable_missing(filled):
    filled.platform = Platform(variable_groups=GroupNames(common="sluss-common", QA="gone"))
    facts = CheckFacts(groups=group_facts(await filled.of_stages()), stage="QA")
    told = [each for each in variable_groups(a_repo(), facts) if isinstance(each, Finding)]
    assert [(each.wrong.partition(" in ")[0], each.gate) for each in told] == [
        ("there is no variable group gone", "QA")
    ]


async def test_a_clock_that_is_set_back_makes_nothing_young_again(filled):
    await filled.of_stages()
    filled.library.groups[0].variables["CMR_SCOPE"] = "another"
    since = filled.passes(-300)
    assert (await filled.of_stages(since))[Stage.QA].values["CMR_SCOPE"] == "another"
