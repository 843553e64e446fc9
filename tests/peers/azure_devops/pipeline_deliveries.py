"""Bodies of the service hooks of pipelines: builds, runs, stages and approvals."""

from collections.abc import Callable

from tests.peers.azure_devops import pipeline_shapes, shapes
from tests.peers.azure_devops.environments import COMPLETED_EVENT, PENDING_EVENT, Approval
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.pipelines import (
    BUILD_COMPLETE,
    RUN_CHANGED,
    STAGE_CHANGED,
    Run,
    Stage,
)
from tests.peers.azure_devops.shapes import Json


def build_completed(happening: Happening, base: str, version: str) -> Json:
    """2.0 is the build of the API; 1.0 is the shape of long ago, where the result is the status."""
    run: Run = happening.subject
    whole = pipeline_shapes.build_shape(run, base)
    if version.startswith("2"):
        return whole
    kept = ("uri", "id", "buildNumber", "url", "startTime", "finishTime", "reason")
    request = {"id": run.number, "url": whole["url"], "requestedFor": whole["requestedFor"]}
    return {
        **{key: whole[key] for key in kept},
        "status": whole["result"],
        "lastChangedBy": whole["requestedFor"],
        "dropLocation": f"#/{run.number}/drop",
        "drop": _container(run, base, "drop"),
        "log": _container(run, base, "logs"),
        "sourceGetVersion": f"LG:{run.branch}:{run.commit}",
        "retainIndefinitely": False,
        "hasDiagnostics": True,
        "definition": _old_definition(run, base),
        "queue": _old_queue(base),
        "requests": [request],
    }


def run_changed(happening: Happening, base: str, version: str) -> Json:
    run: Run = happening.subject
    pipeline = pipeline_shapes.pipeline_ref(run.pipeline, base)
    return {"run": pipeline_shapes.run_shape(run, base), "pipeline": pipeline}


def stage_changed(happening: Happening, base: str, version: str) -> Json:
    stage: Stage = happening.subject
    links = pipeline_shapes.run_shape(stage.run, base)["_links"]
    told = {
        "_links": {key: links[key] for key in ("web", "pipeline.web")},
        "id": stage.id,
        "name": stage.name,
        "displayName": stage.display_name,
        "state": stage.state,
        "result": stage.result,
    }
    return {
        "stage": told,
        "run": pipeline_shapes.run_shape(stage.run, base),
        "pipeline": pipeline_shapes.pipeline_ref(stage.run.pipeline, base),
    }


def approval_changed(happening: Happening, base: str, version: str) -> Json:
    """The samples of the documentation have nothing of the run; deliveries have it."""
    approval: Approval = happening.subject
    run, environment = approval.run, approval.environment
    told = pipeline_shapes.approval_shape(approval, base, with_steps=True)
    for step in told["steps"]:
        step["initiatedOn"] = shapes.moment(approval.created)
    return {
        "approval": {key: value for key, value in told.items() if key != "pipeline"},
        "projectId": run.project.id,
        "pipeline": pipeline_shapes.pipeline_ref(run.pipeline, base),
        "stage": {"name": approval.stage.name, "displayName": approval.stage.display_name},
        "run": pipeline_shapes.run_shape(run, base),
        "resource": {"id": str(environment.id), "name": environment.name, "type": "environment"},
        "id": 0,
        "url": None,
        "stageName": approval.stage.name,
        "attemptId": approval.stage.attempt,
    }


RESOURCES: dict[str, Callable[[Happening, str, str], Json]] = {
    BUILD_COMPLETE: build_completed,
    RUN_CHANGED: run_changed,
    STAGE_CHANGED: stage_changed,
    PENDING_EVENT: approval_changed,
    COMPLETED_EVENT: approval_changed,
}


def text(happening: Happening) -> str:
    subject = happening.subject
    if isinstance(subject, Approval):
        word = "pending" if happening.event_type == PENDING_EVENT else "completed"
        where = f"run {subject.run.name} to environment {subject.environment.name}"
        return f"Approval {word} for deployment of pipeline {where}."
    if isinstance(subject, Stage):
        return f"Run {subject.run.name} stage {subject.name} {subject.result or subject.state}."
    if happening.event_type == BUILD_COMPLETE:
        return f"Build {subject.name} {subject.result}"
    return f"Run {subject.name} {subject.result or subject.state}."


def _container(run: Run, base: str, name: str) -> Json:
    url = f"{base}/_apis/resources/Containers/{run.number}/{name}"
    query = f"api-version=1.0&$format=zip&downloadFileName={run.name}_{name}"
    return {
        "location": f"#/{run.number}/{name}",
        "type": "container",
        "url": url,
        "downloadUrl": f"{url}?{query}",
    }


def _old_definition(run: Run, base: str) -> Json:
    told = pipeline_shapes.definition_ref(run.pipeline, base)
    kept = {key: told[key] for key in ("id", "name", "url")}
    return {"batchSize": 1, "triggerType": "none", "definitionType": "xaml", **kept}


def _old_queue(base: str) -> Json:
    url = f"{base}/_apis/build-release/Queues/4"
    return {"queueType": "buildController", "id": 4, "name": "Hosted Build Controller", "url": url}
