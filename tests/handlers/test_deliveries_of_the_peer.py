"""What the peer of Azure DevOps sends for what happens there is read as our events."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    BranchDeleted,
    BuildCompleted,
    CodePushed,
    DeliveryIgnored,
    PullRequestChanged,
    PullRequestCommented,
    RunStateChanged,
    StageStateChanged,
)
from handlers.azure_devops import source
from tests.handlers.recorded import NOW
from tests.peers.azure_devops import AzureDevOpsPeer, Repository, person
from tests.peers.azure_devops.deliveries import COMMENTED, Details, Subscriber, body
from tests.peers.azure_devops.environments import Environment
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.pipelines import BUILD_COMPLETE, Pipeline
from tests.peers.azure_devops.threads import open_thread

ANNA = person("Anna Berg", "anna.berg@bank.example")
SUBSCRIPTION = "3b2c8f7e-6a0d-4b7e-9d2f-1f5e7c0a9b11"
IN_VERSION_2 = {COMMENTED, BUILD_COMPLETE}


class Inbox:
    """Every delivery, made when it happened."""

    def __init__(self, devops: AzureDevOpsPeer) -> None:
        self.details = Details()
        self.bodies: list[bytes] = []
        self._devops = devops
        devops.listeners.append(self._take)

    def events(self) -> list[type]:
        """Their types in order; a repository that was made is no news here."""
        read = [event for raw in self.bodies for event in source.read({}, raw, NOW).events]
        return [type(event) for event in read if not isinstance(event, DeliveryIgnored)]

    def _take(self, happening: Happening) -> None:
        version = "2.0" if happening.event_type in IN_VERSION_2 else "1.0"
        number = len(self.bodies) + 1
        to = Subscriber(SUBSCRIPTION, number, self.details, version)
        self.bodies.append(json.dumps(body(happening, self._devops, to)).encode())


@pytest.fixture
def devops(tmp_path: Path) -> Iterator[AzureDevOpsPeer]:
    with AzureDevOpsPeer(tmp_path) as devops:
        yield devops


@pytest.fixture
def inbox(devops: AzureDevOpsPeer) -> Inbox:
    return Inbox(devops)


@pytest.fixture
def churn(devops: AzureDevOpsPeer, inbox: Inbox) -> Repository:
    churn = devops.project("lending").repository("churn")
    churn.push(by=ANNA, files={"train.py": "1"})
    return churn


def test_a_change_from_push_to_completion(churn, inbox):
    churn.push(by=ANNA, files={"score.py": "1"}, branch="topic")
    opened = churn.pull_requests.create("topic", by=ANNA)
    open_thread(opened, "/sluss why", by=ANNA)
    opened.complete(by=ANNA, delete_source=True)
    assert inbox.events() == [
        CodePushed,
        CodePushed,
        PullRequestChanged,
        PullRequestChanged,
        PullRequestCommented,
        CodePushed,
        BranchDeleted,
        PullRequestChanged,
        PullRequestChanged,
    ]


def test_a_run_that_waited_for_an_approval(churn, inbox):
    production = Environment(churn.project, "production", (ANNA,))
    run = Pipeline(churn.project, "deploy", churn).run(by=ANNA)
    run.stage("deploy_prod", environment=production)
    production.approvals[0].decide("approved", by=ANNA)
    run.finish()
    assert inbox.events() == [
        CodePushed,
        RunStateChanged,
        ApprovalPending,
        ApprovalCompleted,
        StageStateChanged,
        RunStateChanged,
        BuildCompleted,
    ]


@pytest.mark.parametrize("resource", ["minimal", "none"])
def test_with_fewer_details_nothing_is_taken_for_a_push(churn, inbox, resource):
    inbox.bodies.clear()
    inbox.details = Details(resource)
    churn.push(by=ANNA, files={"train.py": "2"})
    assert CodePushed not in inbox.events()
