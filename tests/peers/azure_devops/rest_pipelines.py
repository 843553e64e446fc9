"""Pipelines and their runs, environments, approvals, and how checks are set up."""

from typing import Any

from tests.peers.azure_devops import pipeline_shapes, shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.called_checks import RestCheck
from tests.peers.azure_devops.environments import (
    Approval,
    Environment,
    approvals_of,
    environments_of,
)
from tests.peers.azure_devops.pipelines import Pipeline, pipelines_of
from tests.peers.azure_devops.refusals import RefusedError, invalid
from tests.peers.azure_devops.rest_builds import run_of
from tests.peers.azure_devops.routes import Call, Location, Routes
from tests.peers.azure_devops.shapes import Json

PIPELINES = Location(
    "28e1305e-2afe-47bf-abaf-cbb0e6a91988",
    "pipelines",
    "pipelines",
    "{project}/_apis/{resource}/{pipelineId}",
)
RUNS = Location(
    "7859261e-d2e9-4a68-b820-a5d84cc5bb3d",
    "pipelines",
    "runs",
    "{project}/_apis/pipelines/{pipelineId}/{resource}/{runId}",
)
ENVIRONMENTS = Location(
    "8572b1fc-2482-47fa-8f74-7e3ed53ee54b",
    "distributedtask",
    "environments",
    "{project}/_apis/{area}/{resource}/{environmentId}",
)
APPROVALS = Location(
    "37794717-f36f-4d78-b2bf-4dc30d0cfbcd",
    "pipelines",
    "approvals",
    "{project}/_apis/{area}/{resource}/{approvalId}",
)
CHECKS = Location(
    "86c8381e-5aee-4cde-8ae4-25c0c7f5eaea",
    "PipelinesChecks",
    "configurations",
    "{project}/_apis/pipelines/checks/{resource}/{id}",
    released="0.0",
)
APPROVAL_TYPE = {"id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval"}
TASK_TYPE = {"id": "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7", "name": "Task Check"}
REST_TASK = {
    "id": "9c3e8943-130d-4c78-ac63-8af81df62dfb",
    "name": "InvokeRESTAPI",
    "version": "1.220.0",
}
routes = Routes()


@routes.on("GET", PIPELINES, right=Right.BUILD_READ)
def pipelines(call: Call) -> list[Json]:
    assert call.project is not None
    return [pipeline_shapes.pipeline_ref(one, call.base) for one in pipelines_of(call.project)]


@routes.on("GET", PIPELINES, "pipelineId", right=Right.BUILD_READ)
def pipeline(call: Call) -> Json:
    return pipeline_shapes.pipeline_ref(_pipeline(call), call.base)


@routes.on("GET", RUNS, right=Right.BUILD_READ)
def runs(call: Call) -> list[Json]:
    newest_first = reversed(_pipeline(call).runs)
    return [pipeline_shapes.run_shape(run, call.base) for run in newest_first]


@routes.on("GET", RUNS, "runId", right=Right.BUILD_READ)
def run(call: Call) -> Json:
    return pipeline_shapes.run_shape(run_of(call), call.base)


@routes.on("GET", ENVIRONMENTS, right=Right.ENVIRONMENTS_READ)
def environments(call: Call) -> list[Json]:
    assert call.project is not None
    name = call.text("name").lower()
    found = [one for one in environments_of(call.project) if name in ("", one.name.lower())]
    return [pipeline_shapes.environment_shape(one, call.base) for one in call.page(found)]


@routes.on("GET", ENVIRONMENTS, "environmentId", right=Right.ENVIRONMENTS_READ)
def environment(call: Call) -> Json:
    return pipeline_shapes.environment_shape(
        _environment(call, call.values["environmentId"]), call.base
    )


@routes.on("GET", APPROVALS, right=Right.BUILD_READ)
def approvals(call: Call) -> list[Json]:
    """``state`` and ``approvalIds`` narrow it down; steps only with ``$expand=steps``."""
    assert call.project is not None
    state, ids = call.text("state").lower(), call.text("approvalIds").lower()
    users = call.text("userIds") or call.text("assignedTo")
    found = [
        approval
        for approval in approvals_of(call.project)
        if state in ("", "all", approval.status.lower())
        and (not ids or approval.id in ids.split(","))
        and (not users or _is_assigned(approval, users.lower().split(",")))
    ]
    page = call.page(found, "top")
    return [_approval(approval, call) for approval in page]


@routes.on("GET", APPROVALS, "approvalId", right=Right.BUILD_READ)
def approval(call: Call) -> Json:
    return _approval(_find(call, call.values["approvalId"]), call)


@routes.on("PATCH", APPROVALS, right=Right.APPROVALS_DECIDE)
def decide(call: Call) -> list[Json]:
    """Several at once; who asks must be an approver of a step that is open."""
    if not isinstance(call.body, list) or not call.body:
        raise invalid(
            "Value cannot be null. Parameter name: updateParameters", "ArgumentNullException"
        )
    decided = [_find(call, entry["approvalId"]) for entry in call.body]
    for one, entry in zip(decided, call.body, strict=True):
        one.decide(entry["status"].lower(), by=call.identity, comment=entry.get("comment") or "")
    return [_approval(one, call) for one in decided]


@routes.on("GET", CHECKS, right=Right.ENVIRONMENTS_READ)
def checks(call: Call) -> list[Json]:
    """Of the environment that ``resourceId`` names; settings only with ``$expand=settings``."""
    if call.text("resourceType").lower() != "environment":
        return []
    found = _environment(call, call.text("resourceId"))
    listed = [_approval_check(found, call)] if found.approvers else []
    listed += [_rest_check(check, found) for check in found.checks]
    if call.text("$expand").lower() != "settings":
        listed = [{key: value for key, value in one.items() if key != "settings"} for one in listed]
    return [{"id": number, **one} for number, one in enumerate(listed, start=found.id * 100)]


def _pipeline(call: Call) -> Pipeline:
    assert call.project is not None
    for found in pipelines_of(call.project):
        if str(found.number) == call.values["pipelineId"]:
            return found
    raise RefusedError(404, "PipelineNotFoundException", "The pipeline was not found.")


def _environment(call: Call, number: str) -> Environment:
    assert call.project is not None
    for found in environments_of(call.project):
        if str(found.id) == number:
            return found
    raise RefusedError(
        404, "EnvironmentNotFoundException", f"Environment with id {number} does not exist."
    )


def _find(call: Call, identifier: str) -> Approval:
    assert call.project is not None
    for found in approvals_of(call.project):
        if found.id == identifier.lower():
            return found
    raise RefusedError(
        404, "ApprovalNotFoundException", f"Approval with id {identifier} could not be found."
    )


def _approval(approval: Approval, call: Call) -> Json:
    with_steps = "steps" in call.text("$expand").lower() or call.request.method == "PATCH"
    return pipeline_shapes.approval_shape(approval, call.base, with_steps=with_steps)


def _is_assigned(approval: Approval, users: list[str]) -> bool:
    for step in approval.steps:
        who = (step.assigned, *approval.environment.members.get(step.assigned.id, ()))
        for one in who:
            if {one.id, one.descriptor.lower(), one.unique_name.lower()} & set(users):
                return True
    return False


def _approval_check(environment: Environment, call: Call) -> Json:
    settings: dict[str, Any] = {
        "approvers": [shapes.identity_ref(one, call.base) for one in environment.approvers],
        "executionOrder": "anyOrder",
        "minRequiredApprovers": environment.min_required,
        "instructions": environment.instructions,
        "requesterCannotBeApprover": not environment.may_approve_own_runs,
        "blockedApprovers": [],
    }
    resource = {"type": "environment", "id": str(environment.id), "name": environment.name}
    return {"settings": settings, "timeout": 43200, "type": APPROVAL_TYPE, "resource": resource}


def _rest_check(check: RestCheck, environment: Environment) -> Json:
    inputs = {
        "connectedServiceNameSelector": "connectedServiceName",
        "method": "POST",
        "body": check.body,
        "urlSuffix": "",
        "waitForCompletion": "true",
    }
    settings = {
        "displayName": check.name,
        "definitionRef": REST_TASK,
        "inputs": inputs,
        "retryInterval": 0,
    }
    resource = {"type": "environment", "id": str(environment.id), "name": environment.name}
    timeout = check.timeout_minutes
    return {"settings": settings, "timeout": timeout, "type": TASK_TYPE, "resource": resource}
