"""Plans of runs: read back by a check that was called, and told its answer.

https://learn.microsoft.com/rest/api/azure/devops/distributedtask/events/post-event
"""

from tests.peers.azure_devops import pipeline_shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.called_checks import BUILD, CHECKS, CheckCall
from tests.peers.azure_devops.pipelines import Run, runs_of
from tests.peers.azure_devops.refusals import RefusedError, access_denied, invalid
from tests.peers.azure_devops.routes import Call, Location, Routes, find_project
from tests.peers.azure_devops.shapes import Json

PLAN = "{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}"
PLANS = Location(
    "5cecd946-d704-471e-a45f-3b4064fcfaba", "distributedtask", "plans", PLAN, released="0.0"
)
EVENTS = Location(
    "557624af-b29e-4c20-8ab0-0399d2204f3f", "distributedtask", "events", f"{PLAN}/{{resource}}"
)
LOGS = Location(
    "46f5667d-263a-4684-91b1-dff7fdcf64e2",
    "distributedtask",
    "logs",
    f"{PLAN}/{{resource}}/{{logId}}",
)
RECORDS = Location(
    "8893bc5b-35b2-4be7-83cb-99e683551db4",
    "distributedtask",
    "records",
    f"{PLAN}/timelines/{{timelineId}}/{{resource}}",
)
ANSWERS = ("succeeded", "failed")
routes = Routes()


@routes.on("GET", PLANS, "planId", right=None)
def plan(call: Call) -> Json:
    run = _run(call)
    for found in _calls(run):
        if found.check.hub == CHECKS and found.plan_id == call.values["planId"].lower():
            return pipeline_shapes.check_plan_shape(found, call.base)
    return pipeline_shapes.plan_shape(run, call.base)


@routes.on("GET", RECORDS, right=None)
def records(call: Call) -> list[Json]:
    return pipeline_shapes.timeline_shape(_run_with_timeline(call), call.base)["records"]


@routes.on("PATCH", RECORDS, right=None)
def update_records(call: Call) -> list[Json]:
    """A check says what it waits for: ``currentOperation`` of its own record."""
    run = _run_with_timeline(call)
    for entry in call.body["value"]:
        found = _called(run, call, task=entry["id"])
        if entry.get("currentOperation"):
            found.notes.append(entry["currentOperation"])
    return pipeline_shapes.timeline_shape(run, call.base)["records"]


@routes.on("POST", LOGS, right=None)
def create_log(call: Call) -> Json:
    _own_call(_run(call), call)
    return {"id": call.world.next_id(), **call.body, "lineCount": 0}


@routes.on("POST", LOGS, "logId", right=None)
def append_log(call: Call) -> Json:
    """The body is text and no JSON."""
    found = _own_call(_run(call), call)
    found.notes += call.content.decode().splitlines()
    return {"id": int(call.values["logId"]), "lineCount": len(found.notes)}


@routes.on("POST", EVENTS, right=None)
def tell(call: Call) -> None:
    """``TaskCompleted`` is the answer of a check; it counts once, and only from the job's own token."""
    body, run = call.body, _run(call)
    if body.get("name") != "TaskCompleted" or body.get("result") not in ANSWERS:
        raise invalid("The event is not one that can be raised for a plan.")
    found = _called(run, call, task=body.get("taskId", ""))
    if found.job_id != body.get("jobId"):
        raise _no_job(run, body.get("jobId"))
    if run.state == "completed" or found.outcome is not None:
        raise RefusedError(
            400,
            "TaskOrchestrationPlanTerminatedException",
            f"Orchestration plan {run.plan_id} is not in a runnable state.",
        )
    found.answer(body["result"])


def _run(call: Call) -> Run:
    project = find_project(call.world, call.values["scopeIdentifier"])
    call.world.access.require(call.credential, Right.BUILD_READ, project.id)
    for run in runs_of(project):
        if (call.values["hubName"].lower(), call.values["planId"].lower()) in _plans(run):
            return run
    raise RefusedError(
        404,
        "TaskOrchestrationPlanNotFoundException",
        f"No plan found for identifier {call.values['planId']}.",
    )


def _plans(run: Run) -> set[tuple[str, str]]:
    return {(BUILD, run.plan_id), *((found.check.hub, found.plan_id) for found in _calls(run))}


def _run_with_timeline(call: Call) -> Run:
    run = _run(call)
    if run.timeline_id != call.values["timelineId"].lower():
        raise RefusedError(404, "TimelineNotFoundException", "The timeline was not found.")
    return run


def _calls(run: Run) -> list[CheckCall]:
    gates = [gate for stage in run.stages for gate in stage.checkpoint]
    return [gate for gate in gates if isinstance(gate, CheckCall)]


def _own_call(run: Run, call: Call) -> CheckCall:
    """The job that the token speaks for."""
    for found in _calls(run):
        if found.job_id == call.credential.job:
            return found
    raise access_denied(call.identity.display_name, "Update build information")


def _called(run: Run, call: Call, task: str) -> CheckCall:
    for found in _calls(run):
        if found.task_instance_id == task.lower():
            if found.job_id == call.credential.job:
                return found
            raise access_denied(call.identity.display_name, "Update build information")
    raise _no_job(run, task)


def _no_job(run: Run, name: str | None) -> RefusedError:
    return RefusedError(
        404,
        "TaskOrchestrationJobNotFoundException",
        f"A job with identifier {name} was not found in plan {run.plan_id}.",
    )
