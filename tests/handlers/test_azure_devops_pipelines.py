"""Builds, runs, stages and approvals of Azure Pipelines become events that name where to look."""

from datetime import UTC, datetime

import pytest

from core.errors import RejectedDeliveryError
from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    BuildCompleted,
    DeliveryIgnored,
    RunStateChanged,
    StageStateChanged,
)
from handlers.azure_devops import source
from tests.handlers.recorded import NOW, changed, raw, resource_changed

REPOSITORY = "2f3d611a-f012-4b39-b157-8db63f380226"
PROJECT = "c0ffee00-1111-4222-8333-444455556666"
NUMBER = "5d0a3f0e-7b21-4d0c-9a51-0f6f3b1c9e11"
APPROVAL = "0f027b05-0942-4a35-9218-26fa07d8760a"
ANNA = "anna.lind@contoso.example"


def read(body):
    (event,) = source.read({}, body, NOW).events
    return event


def at(*moment):
    return datetime(2026, 2, 3, *moment, tzinfo=UTC)


RUN = {"pipeline": 31, "pipeline_name": "loan_default_deploy", "run": 812}
FROM = {"source": "azure-devops", "project": PROJECT}
TOLD = {
    "build_complete__of_today": BuildCompleted(
        id=f"ado/{PROJECT}/build/812/20260203T101958Z", time=at(10, 19, 58, 123457), **FROM,
        delivery=f"{NUMBER}/211", build=812, number="20260203.4", pipeline=31,
        pipeline_name="loan_default_tests", repository=REPOSITORY, branch="feature/new_table",
        commit="1a" * 20, result="partiallySucceeded", reason="individualCI", requested_for=ANNA,
        requested_for_name="Anna Lind",
    ),
    "build_complete__of_another_host": BuildCompleted(
        id=f"ado/{PROJECT}/build/813/20260203T102031Z", time=at(10, 20, 31, 250000), **FROM,
        delivery=f"{NUMBER}/212", build=813, pipeline=32, pipeline_name="mirror",
        branch="refs/pull/4/merge", result="failed",
    ),
    "build_complete__xaml": BuildCompleted(
        id=f"ado/{PROJECT}/build/9/20260203T020000Z", time=at(2), **FROM,
        delivery=f"{NUMBER}/213", build=9, number="Nightly_1", pipeline=4, pipeline_name="Nightly",
        branch="main", commit="12" * 20, result="failed", reason="schedule", requested_for=ANNA,
        requested_for_name="Anna Lind",
    ),
    "build_complete__succeeded": BuildCompleted(
        id=f"ado/{PROJECT}/build/2/20260203T090001Z", time=at(9, 0, 1), **FROM,
        delivery=f"{NUMBER}/9", build=2, number="loan_default_20260203.1", result="succeeded",
    ),
    "run_state_changed__completed": RunStateChanged(
        id=f"ado/{PROJECT}/run/812/completed/failed/20260203T101958Z",
        time=at(10, 19, 58, 500000), **FROM, delivery=f"{NUMBER}/214", name="20260203.4", **RUN,
        state="completed", result="failed", repository=REPOSITORY, branch="main",
        commit="13" * 20,
    ),
    "stage_state_changed__running": StageStateChanged(
        id=f"ado/{PROJECT}/run/812/stage/deploy_prod/running/20260203T102031Z",
        time=at(10, 20, 31, 250000), **FROM, delivery=f"{NUMBER}/215", **RUN, stage="deploy_prod",
        state="running",
    ),
    "approval_pending__environment": ApprovalPending(
        id=f"ado/{PROJECT}/approval/{APPROVAL}/pending", time=at(10, 20, 1), **FROM,
        delivery=f"{NUMBER}/216", approval=APPROVAL, **RUN, run_name="20260203.4",
        stage="deploy_prod", environment="production", status="pending",
    ),
    "approval_pending__bare": ApprovalPending(
        id=f"ado/{PROJECT}/approval/{APPROVAL}/pending", time=at(10, 20, 1), **FROM,
        delivery=f"{NUMBER}/217", approval=APPROVAL, status="pending",
    ),
    "approval_completed__rejected": ApprovalCompleted(
        id=f"ado/{PROJECT}/approval/{APPROVAL}/completed", time=at(10, 20, 1), **FROM,
        delivery=f"{NUMBER}/218", approval=APPROVAL, **RUN, run_name="20260203.4",
        stage="deploy_prod", environment="production", status="rejected",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_what_a_pipeline_does_is_one_event(name):
    assert read(raw("azure_devops", name)) == TOLD[name]


ELSEWHERE = "https://dev.azure.com/contoso/_apis/x"
IDS_ALONE = [
    ("build_complete__of_today", {"id": 812}, BuildCompleted),
    ("run_state_changed__completed", {"run": {"id": 812}}, RunStateChanged),
    ("run_state_changed__completed", {"runId": 812}, RunStateChanged),
    (
        "run_state_changed__completed",
        {"url": f"https://x/{PROJECT}/_apis/pipelines/31/runs/812"},
        RunStateChanged,
    ),
    ("stage_state_changed__running", {"runId": 812, "stageName": "deploy_prod"}, StageStateChanged),
    ("approval_pending__environment", {"approval": {"id": APPROVAL}}, ApprovalPending),
    ("approval_completed__rejected", {"approvalId": APPROVAL.upper()}, ApprovalCompleted),
]


@pytest.mark.parametrize(("name", "resource", "kind"), IDS_ALONE)
def test_where_the_ids_are_told_the_host_can_be_asked_for_the_rest(name, resource, kind):
    event = read(changed("azure_devops", name, resource=resource))
    assert type(event) is kind
    assert event.project == PROJECT


def test_the_project_may_be_told_by_the_address_of_the_build_alone():
    url = f"https://dev.azure.com/contoso/{PROJECT.upper()}/_apis/build/Builds/812"
    body = {"resource": {"id": 812, "url": url}, "resourceContainers": None}
    assert read(changed("azure_devops", "build_complete__of_today", **body)).project == PROJECT


TOO_LITTLE = [
    ("build_complete__of_today", {"id": 812, "url": ELSEWHERE}, None),
    ("run_state_changed__completed", {"url": ELSEWHERE}, {"project": {"id": PROJECT}}),
    ("run_state_changed__completed", {"runId": 812}, {"project": {"id": "0" * 32}}),
    ("stage_state_changed__running", {"runId": 812}, {"project": {"id": PROJECT}}),
    ("approval_pending__environment", {"id": 0}, {"project": {"id": PROJECT}}),
    ("approval_completed__rejected", {"approvalId": "0" * 32}, {"project": {"id": PROJECT}}),
]


@pytest.mark.parametrize(("name", "resource", "containers"), TOO_LITTLE)
def test_without_the_ids_it_says_what_to_set(name, resource, containers):
    body = {"resource": resource, "resourceContainers": containers}
    event = read(changed("azure_devops", name, **body))
    assert isinstance(event, DeliveryIgnored)
    assert 'set "Resource details to send" to All' in event.reason


def test_a_stage_that_is_run_again_and_fails_again_is_told_again():
    first = read(changed("azure_devops", "stage_state_changed__running"))
    again = changed(
        "azure_devops", "stage_state_changed__running", createdDate="2026-02-03T11:00:00Z"
    )
    assert read(again).id != first.id


WRONG = [
    ("build_complete__of_today", {"id": "812"}),
    ("build_complete__of_today", {"id": None}),
    ("build_complete__of_today", {"repository": REPOSITORY}),
    ("build_complete__of_today", {"result": "x\x00"}),
    ("run_state_changed__completed", {"run": []}),
    ("run_state_changed__completed", {"run": {"id": 2**63}}),
    ("approval_pending__environment", {"approval": {"id": 7}}),
    ("approval_pending__environment", {"resource": "production"}),
]


@pytest.mark.parametrize(("name", "fields"), WRONG)
def test_what_has_the_wrong_shape_is_rejected(name, fields):
    with pytest.raises(RejectedDeliveryError, match="cannot be read"):
        read(resource_changed(name, **fields))
