"""A comment that a delivery told of is what Azure DevOps says it is, or no event of it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.host_events import AzureDevOpsEvents
from core.events.outside import DeliveryIgnored, PullRequestCommented
from core.git_events import EDITED, NO_COMMAND, NO_REPOSITORY
from tests.adapters.azure_devops.reviewed_world import AzureReviewed
from tests.peers.azure_devops import AzureDevOpsPeer, Right
from tests.peers.azure_devops.identities import service_principal
from tests.peers.azure_devops.threads import open_thread
from tests.peers.azure_devops.world import SLUSS

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
async def reviewed(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = AzureReviewed(devops)
        made.pull_request, made.head = made.opened()
        yield made
        await made.close()


@pytest.fixture
async def host(reviewed):
    settings = AzureDevOpsSettings(address=reviewed.devops.address, token=reviewed.devops.token)
    client = AzureDevOps(settings)
    yield AzureDevOpsEvents(client)
    await client.close()


def told(reviewed, thread=1, comment=1, **more):
    """As a body says it, which may be anything."""
    place = f"pr/{reviewed.pull_request.number}/thread/{thread}/comment/{comment}"
    event = PullRequestCommented(
        id=f"ado/{reviewed.repository}/{place}", time=NOW, source="azure-devops",
        delivery="subscription/7", repository=reviewed.repository, thread=thread, comment=comment,
        pull_request=reviewed.pull_request.number, author="eve@bank.example", text="/sluss retry",
    )  # fmt: skip
    return msgspec.structs.replace(event, **more)


async def test_who_wrote_it_and_what_it_says_come_from_the_host(reviewed, host):
    open_thread(reviewed.pull_request, "/sluss status\nplease", by=reviewed.anna)
    event = told(reviewed)
    [found] = await host.confirmed(event)
    assert isinstance(found, PullRequestCommented)
    assert found.id == event.id
    assert (found.author, found.text) == ("anna.berg@bank.example", "/sluss status")


async def test_nothing_that_only_a_body_says_is_kept(reviewed, host):
    thread = open_thread(reviewed.pull_request, "/sluss status", by=reviewed.anna)
    [found] = await host.confirmed(told(reviewed, commit="de" * 20, project="p1"))
    assert (found.commit, found.project) == ("", "")
    assert abs(found.time - thread.comments[0].published) < timedelta(milliseconds=1)


async def test_where_the_body_does_not_name_the_repository_the_host_does(reviewed, host):
    open_thread(reviewed.pull_request, "/sluss status", by=reviewed.anna)
    known = told(reviewed)
    nameless = told(
        reviewed, repository="", id=known.id.replace(reviewed.repository, NO_REPOSITORY)
    )
    [found] = await host.confirmed(nameless)
    assert (found.id, found.repository) == (known.id, reviewed.repository)


async def test_a_comment_that_is_not_written_yet_does_not_take_the_id_of_the_real_one(
    reviewed, host
):
    event = told(reviewed)
    [forged] = await host.confirmed(event)
    assert isinstance(forged, DeliveryIgnored)
    assert forged.id != event.id
    assert "has no comment 1 in thread 1" in forged.reason
    open_thread(reviewed.pull_request, "/sluss status", by=reviewed.anna)
    [real] = await host.confirmed(event)
    assert (type(real), real.id) == (PullRequestCommented, event.id)


@pytest.mark.parametrize("more", [{"pull_request": 99}, {"pull_request": 99, "repository": ""}])
async def test_a_pull_request_that_is_not_there_is_no_event(reviewed, host, more):
    [found] = await host.confirmed(told(reviewed, **more))
    assert isinstance(found, DeliveryIgnored)


async def test_talk_edits_and_deleted_comments_are_no_commands_whatever_a_body_says(reviewed, host):
    thread = open_thread(reviewed.pull_request, "looks good", by=reviewed.anna)
    edited = thread.say("/sluss retry", by=reviewed.anna)
    edited.updated = datetime.now(UTC)
    thread.say("/sluss retry", by=reviewed.anna).is_deleted = True
    said = [(await host.confirmed(told(reviewed, comment=n)))[0] for n in (1, 2, 3)]
    assert all(isinstance(each, DeliveryIgnored) for each in said)
    assert [each.reason for each in said[:2]] == [NO_COMMAND, EDITED]
    assert "was deleted since" in said[2].reason


async def test_a_service_principal_is_named_as_one_though_a_body_says_otherwise(reviewed, host):
    robot = reviewed.devops.join(service_principal("Robot", "7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01"))
    open_thread(reviewed.pull_request, "/sluss retry", by=robot)
    [found] = await host.confirmed(told(reviewed))
    assert found.author == f"service_principal\\{robot.id}"


async def test_a_repository_that_is_hidden_from_us_is_said_to_be(reviewed, host):
    """Azure DevOps answers as if it were not there."""
    open_thread(reviewed.pull_request, "/sluss status", by=reviewed.anna)
    reviewed.devops.access.deny(SLUSS, Right.CODE_READ)
    [found] = await host.confirmed(told(reviewed))
    assert isinstance(found, DeliveryIgnored)
    assert "hides the repository from us" in found.reason
