"""The evaluation of a stage's checkpoint: which checks ask, and on which resource each of them is.

https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/check-evaluations/get
"""

from typing import Any

from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.called_checks import CheckCall
from tests.peers.azure_devops.environments import Environment
from tests.peers.azure_devops.pipelines import Stage, runs_of
from tests.peers.azure_devops.refusals import RefusedError
from tests.peers.azure_devops.rest_pipelines import APPROVAL_TYPE, TASK_TYPE
from tests.peers.azure_devops.routes import Call, Location, Routes
from tests.peers.azure_devops.shapes import Json, moment

CHECK_SUITES = Location(
    "91282c1d-c183-444f-9554-1485bfb3879d",
    "PipelinesChecks",
    "runs",
    "{project}/_apis/pipelines/checks/{resource}/{checkSuiteId}",
    released="0.0",
)
STATUSES = {None: "running", "succeeded": "approved", "failed": "rejected", "skipped": "timedOut"}
routes = Routes()


@routes.on("GET", CHECK_SUITES, "checkSuiteId", right=Right.ENVIRONMENTS_READ)
def check_suite(call: Call) -> Json:
    """Its id is that of the checkpoint in the run's timeline."""
    stage = _stage(call)
    gates = [_check_run(gate, stage) for gate in stage.checkpoint]
    return {
        "id": stage.checkpoint_id,
        "status": "running" if stage.state == "pending" else "completed",
        "context": {},
        "completedDate": None,
        "message": None,
        "checkRuns": gates,
        "resources": [],
    }


def _stage(call: Call) -> Stage:
    assert call.project is not None
    for run in runs_of(call.project):
        for stage in run.stages:
            if stage.checkpoint and stage.checkpoint_id == call.values["checkSuiteId"].lower():
                return stage
    raise RefusedError(404, "CheckSuiteNotFoundException", "The check suite was not found.")


def _check_run(gate: Any, stage: Stage) -> Json:
    is_call = isinstance(gate, CheckCall)
    environment: Environment = stage.environment
    return {
        "id": gate.record_id if is_call else gate.id,
        "status": STATUSES.get(gate.outcome, "canceled"),
        "resultMessage": "",
        "createdDate": moment(stage.run.created),
        "completedDate": None,
        "checkConfigurationRef": {
            "id": _configuration_id(gate, environment),
            "version": 1,
            "type": TASK_TYPE if is_call else APPROVAL_TYPE,
            "resource": {
                "type": "environment",
                "id": str(environment.id),
                "name": environment.name,
            },
        },
    }


def _configuration_id(gate: Any, environment: Environment) -> int:
    """As the list of configurations numbers them: the approval first."""
    before = 1 if environment.approvers else 0
    place = before + environment.checks.index(gate.check) if isinstance(gate, CheckCall) else 0
    return environment.id * 100 + place
