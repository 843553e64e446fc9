"""The JSON of pipelines, runs, builds, stages and approvals."""

from typing import Any

from tests.peers.azure_devops import shapes
from tests.peers.azure_devops.called_checks import CHECKS, CheckCall
from tests.peers.azure_devops.environments import Approval, Environment, Step
from tests.peers.azure_devops.pipelines import Artifact, Pipeline, Run, Stage
from tests.peers.azure_devops.shapes import Json, moment

BUILD_STATUS = {"inProgress": "inProgress", "cancelling": "cancelling", "completed": "completed"}
SERVICE = {  # who "requests" the builds that a push starts
    "displayName": "Microsoft.VisualStudio.Services.TFS",
    "id": "00000002-0000-8888-8000-000000000000",
    "uniqueName": "00000002-0000-8888-8000-000000000000@2c895908-04e0-4952-89fd-54b0046d6288",
    "descriptor": "s2s.MDAwMDAwMDItMDAwMC04ODg4LTgwMDAtMDAwMDAwMDAwMDAw",
}
LOCATION_OF_PLANS = "distributedtask/hubs"


def project_url(run: Run, base: str) -> str:
    return f"{base}/{run.project.id}"


def build_page(run: Run, base: str) -> str:
    return f"{project_url(run, base)}/_build/results?buildId={run.number}"


def pipeline_ref(pipeline: Pipeline, base: str) -> Json:
    url = f"{base}/{pipeline.project.id}/_apis/pipelines/{pipeline.number}"
    return {
        "url": f"{url}?revision={pipeline.revision}",
        "id": pipeline.number,
        "revision": pipeline.revision,
        "name": pipeline.name,
        "folder": pipeline.folder,
    }


def run_shape(run: Run, base: str) -> Json:
    url = f"{project_url(run, base)}/_apis/pipelines/{run.pipeline.number}"
    shape = {
        "_links": {
            "self": {"href": f"{url}/runs/{run.number}"},
            "web": {"href": build_page(run, base)},
            "pipeline.web": {
                "href": f"{project_url(run, base)}/_build/definition?definitionId={run.pipeline.number}"
            },
            "pipeline": {"href": f"{url}?revision={run.pipeline.revision}"},
        },
        "pipeline": pipeline_ref(run.pipeline, base),
        "state": "canceling" if run.state == "cancelling" else run.state,
        "createdDate": moment(run.created),
        "url": f"{url}/runs/{run.number}",
        "resources": {"repositories": {"self": _self(run)}},
        "id": run.number,
        "name": run.name,
    }
    if run.finished is None:
        return shape
    return shape | {"result": run.result, "finishedDate": moment(run.finished)}


def build_shape(run: Run, base: str) -> Json:
    """The run as the API of builds shows it: the same thing with other words."""
    repository = run.pipeline.repository
    who = shapes.identity_ref(run.requested_for, base)
    url = f"{project_url(run, base)}/_apis/build/Builds/{run.number}"
    shape = {
        "_links": {"self": {"href": url}, "web": {"href": build_page(run, base)}},
        "id": run.number,
        "buildNumber": run.name,
        "status": BUILD_STATUS[run.state],
        "queueTime": moment(run.created),
        "startTime": moment(run.created),
        "url": url,
        "definition": definition_ref(run.pipeline, base),
        "project": shapes.project_ref(run.project, base),
        "uri": run.uri,
        "sourceBranch": run.branch,
        "sourceVersion": run.commit,
        "reason": run.reason,
        "requestedFor": who,
        "requestedBy": SERVICE if run.reason == "individualCI" else who,
        "lastChangedBy": SERVICE,
        "lastChangedDate": moment(run.finished or run.created),
        "orchestrationPlan": {"planId": run.plan_id},
        "repository": {"id": repository.id, "type": "TfsGit", "name": repository.name},
        "keepForever": False,
    }
    if run.finished is None:
        return shape
    return shape | {"result": run.result, "finishTime": moment(run.finished)}


def definition_ref(pipeline: Pipeline, base: str) -> Json:
    return {
        "id": pipeline.number,
        "name": pipeline.name,
        "url": f"{base}/{pipeline.project.id}/_apis/build/Definitions/{pipeline.number}",
        "uri": f"vstfs:///Build/Definition/{pipeline.number}",
        "path": pipeline.folder,
        "type": "build",
        "queueStatus": "enabled",
        "revision": pipeline.revision,
        "project": shapes.project_ref(pipeline.project, base),
    }


def artifact_shape(artifact: Artifact, run: Run, base: str) -> Json:
    url = f"{project_url(run, base)}/_apis/build/builds/{run.number}/artifacts"
    query = f"artifactName={artifact.name}&api-version=7.1"
    resource = {
        "type": "Container",
        "data": f"#/{artifact.id}/{artifact.name}",
        "properties": {"artifactsize": str(sum(map(len, artifact.files.values())))},
        "url": f"{url}?{query}",
        "downloadUrl": f"{url}?{query}&%24format=zip",
    }
    return {"id": artifact.id, "name": artifact.name, "source": run.plan_id, "resource": resource}


def timeline_shape(run: Run, base: str) -> Json:
    """Stages, below them their checkpoints, below those what is to be passed."""
    records = [record for stage in run.stages for record in _records(stage)]
    return {
        "records": records,
        "lastChangedOn": moment(run.finished or run.created),
        "id": run.timeline_id,
        "changeId": len(records),
        "url": f"{project_url(run, base)}/_apis/build/builds/{run.number}/Timeline/{run.timeline_id}",
    }


def environment_shape(environment: Environment, base: str) -> Json:
    return {
        "id": environment.id,
        "name": environment.name,
        "description": "",
        "project": {"id": environment.project.id, "name": environment.project.name},
    }


def approval_shape(approval: Approval, base: str, *, with_steps: bool) -> Json:
    """``pipeline`` names the pipeline and its run; stage and environment are not told."""
    run = approval.run
    url = f"{project_url(run, base)}/_apis/pipelines/approvals/{approval.id}"
    owner = {
        "_links": {
            "web": {"href": build_page(run, base)},
            "self": {"href": f"{project_url(run, base)}/_apis/build/Builds/{run.number}"},
        },
        "id": run.number,
        "name": run.name,
    }
    return {
        "id": approval.id,
        "steps": [_step(step, base) for step in approval.steps] if with_steps else [],
        "status": approval.status,
        "createdOn": moment(approval.created),
        "lastModifiedOn": moment(approval.modified),
        "executionOrder": "anyOrder",
        "instructions": approval.instructions,
        "minRequiredApprovers": approval.min_required,
        "blockedApprovers": [shapes.identity_ref(one, base) for one in approval.blocked],
        "_links": {"self": {"href": url}},
        "pipeline": {"owner": owner, "id": str(run.pipeline.number), "name": run.pipeline.name},
    }


def plan_shape(run: Run, base: str) -> Json:
    """What a check is asked about, as Azure DevOps itself says: the answer to a plan's id."""
    plan = f"{project_url(run, base)}/_apis/{LOCATION_OF_PLANS}/build/plans/{run.plan_id}"
    links = {
        "web": {"href": build_page(run, base)},
        "self": {"href": build_shape(run, base)["url"]},
    }
    shape = {
        "planId": run.plan_id,
        "scopeIdentifier": run.project.id,
        "planType": "Build",
        "planGroup": f"{run.project.id}:{run.pipeline.number}",
        "version": 19,
        "artifactUri": run.uri,
        "artifactLocation": links["self"]["href"],
        "definition": {"id": run.pipeline.number, "name": run.pipeline.name, "_links": links},
        "owner": {"id": run.number, "name": run.name, "_links": links},
        "state": "completed" if run.state == "completed" else "inProgress",
        "startTime": moment(run.created),
        "requestedForId": run.requested_for.id,
        "timeline": {
            "id": run.timeline_id,
            "changeId": 1,
            "location": f"{plan}/timelines/{run.timeline_id}",
        },
    }
    if run.finished is None:
        return shape
    return shape | {"result": run.result, "finishTime": moment(run.finished)}


def check_plan_shape(found: CheckCall, base: str) -> Json:
    """The plan of one call of a check in the hub of its own; its owner is the run."""
    shape = plan_shape(found.run, base)
    is_over = found.outcome is not None
    return shape | {
        "planId": found.plan_id,
        "planType": "Checks",
        "planGroup": f"{found.run.project.id}:{found.check.name}",
        "state": "completed" if is_over else "inProgress",
        "result": found.outcome,
    }


def _identifier(gate: CheckCall) -> str:
    return gate.record_id if gate.check.hub == CHECKS else gate.job_id


def _self(run: Run) -> Json:
    repository = {"id": run.pipeline.repository.id, "type": "azureReposGit"}
    return {"repository": repository, "refName": run.branch, "version": run.commit}


def _step(step: Step, base: str) -> Json:
    shape = {
        "assignedApprover": shapes.identity_ref(step.assigned, base),
        "status": step.status,
        "comment": step.comment,
        "order": step.order,
        "history": [],
    }
    if step.actual is None or step.modified is None:
        return shape
    actual = shapes.identity_ref(step.actual, base)
    modified = {"lastModifiedOn": moment(step.modified), "lastModifiedBy": actual}
    return shape | modified | {"actualApprover": actual}


def _records(stage: Stage) -> list[Json]:
    states = {"pending": "pending", "running": "inProgress", "completed": "completed"}
    of_stage = {
        "id": stage.id,
        "parentId": None,
        "type": "Stage",
        "name": stage.display_name,
        "identifier": stage.name,
        "state": states[stage.state],
        "result": stage.result,
        "attempt": stage.attempt,
    }
    if not stage.checkpoint:
        return [of_stage]
    is_open = stage.state == "pending"
    checkpoint = {
        "id": stage.checkpoint_id,
        "parentId": stage.id,
        "type": "Checkpoint",
        "name": "Checkpoint",
        "identifier": "Checkpoint",
        "state": "inProgress" if is_open else "completed",
        "result": None if is_open else ("failed" if stage.result == "failed" else "succeeded"),
        "attempt": stage.attempt,
    }
    return [of_stage, checkpoint, *(_gate(gate, stage) for gate in stage.checkpoint)]


def _gate(gate: Any, stage: Stage) -> Json:
    """The id of an approval's record is the approval's own."""
    is_call = isinstance(gate, CheckCall)
    return {
        "id": gate.record_id if is_call else gate.id,
        "parentId": stage.checkpoint_id,
        "type": "Checkpoint.TaskCheck" if is_call else "Checkpoint.Approval",
        "name": gate.check.name if is_call else "Checkpoint.Approval",
        "identifier": _identifier(gate) if is_call else gate.id,
        "state": "inProgress" if gate.outcome is None else "completed",
        "result": gate.outcome,
        "attempt": stage.attempt,
        "currentOperation": gate.notes[-1] if is_call and gate.notes else None,
    }
