"""The bodies of the peer's service hooks have the shape of those that Azure DevOps is known to send."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.peers.azure_devops import (
    AzureDevOpsPeer,
    Identity,
    PullRequest,
    Repository,
    group,
    person,
)
from tests.peers.azure_devops.deliveries import (
    COMMENTED,
    MINIMAL,
    NONE,
    Details,
    Subscriber,
    body,
)
from tests.peers.azure_devops.happenings import Happening

PAYLOADS = Path(__file__).parents[1] / "payloads" / "azure_devops"
ANNA = person("Anna Berg", "anna.berg@bank.example")
ONLY_IN_SAMPLES = {
    "scope",
    "closedDate",
}  # of the documentation, or of a pull request that has ended
HOOK = Subscriber("3b2c8f7e-6a0d-4b7e-9d2f-1f5e7c0a9b11", 7)


@dataclass
class Thread:
    pull_request: PullRequest
    number: int = 5


@dataclass
class Comment:
    content: str
    author: Identity
    published: datetime
    updated: datetime
    number: int = 2
    parent: int = 1
    kind: str = "text"
    is_deleted: bool = False


@pytest.fixture
def devops(tmp_path: Path) -> Iterator[AzureDevOpsPeer]:
    with AzureDevOpsPeer(tmp_path) as devops:
        yield devops


@pytest.fixture
def happened(devops: AzureDevOpsPeer) -> dict[str, Happening]:
    """The last of each type that happened when a branch was pushed, reviewed and talked about."""
    told: list[Happening] = []
    devops.listeners.append(told.append)
    churn: Repository = devops.project("lending").repository("churn")
    churn.push(by=ANNA, files={"train.py": "1"}, message="Train")
    churn.push(by=ANNA, files={"score.py": "1"}, branch="topic")
    opened = churn.pull_requests.create("topic", by=ANNA)
    opened.ask(group("lending", "Validation"), by=ANNA)
    now = devops.now()
    told.append(Happening(COMMENTED, (Thread(opened), Comment("/sluss why", ANNA, now, now)), ANNA))
    return {one.event_type: one for one in told}


@pytest.mark.parametrize(
    ("event_type", "sample"),
    [
        ("git.push", "git_push__one_branch"),
        ("git.pullrequest.created", "git_pullrequest_created__active"),
        ("git.pullrequest.updated", "git_pullrequest_updated__abandoned"),
        ("git.pullrequest.merged", "git_pullrequest_merged__attempted"),
    ],
)
def test_every_field_of_the_sample_is_there(devops, happened, event_type, sample):
    recorded = json.loads((PAYLOADS / f"{sample}.json").read_text("utf-8"))
    subscriber = Subscriber(HOOK.subscription_id, 7, resource_version=recorded["resourceVersion"])
    ours = body(happened[event_type], devops, subscriber)
    assert set(missing(recorded, ours)) == set()
    assert (ours["subscriptionId"], ours["notificationId"]) == (HOOK.subscription_id, 7)


def test_a_comment_of_version_1_has_its_fields_on_the_resource_and_its_place_in_links(
    devops, happened
):
    resource = body(happened[COMMENTED], devops, HOOK)["resource"]
    assert resource["content"] == "/sluss why"
    assert "repository" not in resource
    assert resource["_links"]["threads"]["href"].endswith("/pullRequests/1/threads/5")


def test_details_leave_out_the_resource_and_the_texts(devops, happened):
    minimal = Subscriber(HOOK.subscription_id, 8, Details(MINIMAL, "text", NONE))
    told = body(happened["git.push"], devops, minimal)
    assert set(told["resource"]) == {"pushId", "url"}
    assert set(told["message"]) == {"text"}
    assert "detailedMessage" not in told
    none = Subscriber(HOOK.subscription_id, 9, Details(NONE))
    assert "resource" not in body(happened["git.push"], devops, none)


def test_one_event_has_one_id_for_all_subscribers_and_the_test_button_always_the_same(
    devops, happened
):
    event = happened["git.push"]
    other = Subscriber("9b2c8f7e-6a0d-4b7e-9d2f-1f5e7c0a9b11", 1)
    assert body(event, devops, HOOK)["id"] == body(event, devops, other)["id"]
    pressed = body(event, devops, Subscriber())
    assert not pressed["subscriptionId"].strip("0-")
    assert pressed["id"] == "03c164c2-8912-4d5e-8009-3707d5f83734"


def test_a_push_that_brings_no_commit_has_none(devops, happened):
    churn = happened["git.push"].subject.repository
    told: list[Happening] = []
    devops.listeners.append(told.append)
    churn.delete_branch("topic", by=ANNA)
    resource = body(told[0], devops, HOOK)["resource"]
    assert "commits" not in resource
    assert resource["refUpdates"][0]["newObjectId"] == "0" * 40


def missing(sample: Any, ours: Any, place: str = "") -> Iterator[str]:
    """Where the sample has a field and ours has not."""
    if isinstance(sample, dict):
        for key, value in sample.items():
            if key in ONLY_IN_SAMPLES:
                continue
            if not isinstance(ours, dict) or key not in ours:
                yield f"{place}/{key}"
            else:
                yield from missing(value, ours[key], f"{place}/{key}")
    elif isinstance(sample, list) and sample:
        if not ours:
            yield f"{place}[]"
        else:
            yield from missing(sample[0], ours[0], f"{place}[]")
