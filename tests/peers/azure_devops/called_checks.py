"""Checks of the kind "Invoke REST API" with a callback: Azure Pipelines calls, and waits to be called.

https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp

from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.pipelines import Run, Stage

BUILD, CHECKS = "build", "checks"  # the hubs of plans
PATIENCE_S = 3.0  # within this the check must have answered
TOKEN_LIFE = timedelta(hours=48)
VARIABLE = re.compile(r"\$\(([\w.]+)\)")
OK, REFUSED = 200, 400
DEFAULT_HEADERS = {
    "Content-Type": "application/json",
    "PlanUrl": "$(system.CollectionUri)",
    "ProjectId": "$(system.TeamProjectId)",
    "HubName": "$(system.HostType)",
    "PlanId": "$(system.PlanId)",
    "JobId": "$(system.JobId)",
    "TimelineId": "$(system.TimelineId)",
    "TaskInstanceId": "$(system.TaskInstanceId)",
    "AuthToken": "$(system.AccessToken)",
}


@dataclass(frozen=True)
class RestCheck:
    """How the check was set up: headers beside the default ones, and a body; both may name variables.

    In the hub ``checks`` each call has a plan of its own, as in the cloud
    (microsoft/azure-pipelines-tasks#14664); no record of its run's timeline has a name of that.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    timeout_minutes: int = 43200
    hub: str = BUILD


@dataclass(eq=False)
class CheckCall:
    """One asking of a check for one stage, until it is answered, cancelled or out of time."""

    check: RestCheck
    stage: Stage
    job_id: str = field(default_factory=lambda: str(uuid4()))
    task_instance_id: str = field(default_factory=lambda: str(uuid4()))
    token: str = field(default_factory=lambda: f"job-token-{uuid4()}")
    outcome: str | None = None  # succeeded | failed | canceled | skipped
    notes: list[str] = field(default_factory=list)  # what the check wrote into its logs
    own_plan_id: str = field(default_factory=lambda: str(uuid4()))
    own_record_id: str = field(default_factory=lambda: str(uuid4()))

    def __post_init__(self) -> None:
        self._issue()

    @property
    def run(self) -> Run:
        return self.stage.run

    @property
    def plan_id(self) -> str:
        return self.own_plan_id if self.check.hub == CHECKS else self.run.plan_id

    @property
    def record_id(self) -> str:
        """Of its record in the timeline of the run, and of its check run."""
        return self.own_record_id if self.check.hub == CHECKS else self.task_instance_id

    def headers(self, address: str) -> dict[str, str]:
        """What the call carries; a forged one starts from here."""
        configured = {**DEFAULT_HEADERS, **self.check.headers}
        return {name: self._expand(value, address) for name, value in configured.items()}

    async def deliver(self, address: str, **changed: str) -> int:
        """Call the check as Azure Pipelines does and return its status, 0 where there was no answer.

        Both that and a refusal fail the check. The same call again is the same check. ``changed`` are
        headers of a forged call, which decides nothing.
        """
        headers = self.headers(address) | changed
        status = await self._post(headers, self._expand(self.check.body, address))
        if not OK <= status < REFUSED and not changed:
            self.answer("failed")
        return status

    async def _post(self, headers: dict[str, str], content: str) -> int:
        patience = aiohttp.ClientTimeout(total=PATIENCE_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.post(self.check.url, headers=headers, data=content) as answer,
            ):
                return answer.status
        except (TimeoutError, aiohttp.ClientError):
            return 0

    def _expand(self, text: str, address: str) -> str:
        """Fill in the variables of the run; one that is not there stays as it is written."""
        run = self.run
        variables = {
            "system.collectionuri": f"{address}/",
            "system.teamprojectid": run.project.id,
            "system.teamproject": run.project.name,
            "system.hosttype": self.check.hub,
            "system.planid": self.plan_id,
            "system.jobid": self.job_id,
            "system.timelineid": run.timeline_id,
            "system.taskinstanceid": self.task_instance_id,
            "system.accesstoken": self.token,
            "system.definitionid": str(run.pipeline.number),
            "system.stagename": self.stage.name,
            "build.buildid": str(run.number),
            "build.buildnumber": run.name,
            "build.sourceversion": run.commit or "",
            "build.sourcebranch": run.branch,
            "build.repository.id": run.repository.id,
        }
        return VARIABLE.sub(lambda found: variables.get(found[1].lower(), found[0]), text)

    def rerun(self) -> None:
        """Ask anew, as the button at the check does: another task of another job."""
        self.job_id, self.task_instance_id = str(uuid4()), str(uuid4())
        self.own_plan_id, self.own_record_id = str(uuid4()), str(uuid4())
        self.token, self.outcome = f"job-token-{uuid4()}", None
        self._issue()

    def answer(self, result: str) -> None:
        with self.run.project.world.lock:
            if self.outcome is None:
                self.outcome = result
                self.stage.look()

    def time_out(self) -> None:
        """Nothing was heard in time: the stage is skipped."""
        self.answer("skipped")

    def cancel(self) -> None:
        self.outcome = self.outcome or "canceled"

    def _issue(self) -> None:
        world: Any = self.run.project.world
        rights = (Right.PROJECT_READ, Right.CODE_READ, Right.BUILD_READ)
        world.access.allow(self.run.agent, *rights, at=self.run.project.id)
        expires = world.now() + TOKEN_LIFE
        world.access.issue(self.token, self.run.agent, expires=expires, job=self.job_id)
