"""Checks of the kind "Invoke REST API" with a callback: Azure Pipelines calls, and waits to be called.

https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp

from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.pipelines import Run, Stage

HUB = "build"
PATIENCE_S = 3.0  # within this the check must have answered
TOKEN_LIFE = timedelta(hours=48)
TASK_ID = "9c3e8943-130d-4c78-ac63-8af81df62dfb"  # InvokeRESTAPI


@dataclass(frozen=True)
class RestCheck:
    """How the check was set up; headers and body beside those that are sent by default."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    timeout_minutes: int = 43200


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

    def __post_init__(self) -> None:
        self._issue()

    @property
    def run(self) -> Run:
        return self.stage.run

    def headers(self, address: str) -> dict[str, str]:
        """What the call carries; a forged one starts from here."""
        return {
            "Content-Type": "application/json",
            "PlanUrl": f"{address}/",
            "ProjectId": self.run.project.id,
            "HubName": HUB,
            "PlanId": self.run.plan_id,
            "JobId": self.job_id,
            "TimelineId": self.run.timeline_id,
            "TaskInstanceId": self.task_instance_id,
            "AuthToken": self.token,
            **self.check.headers,
        }

    async def deliver(self, address: str, **changed: str) -> int:
        """Call the check as Azure Pipelines does and return its status; 400 and more fails it.

        The same call again is the same check. ``changed`` are headers of a forged one.
        """
        patience = aiohttp.ClientTimeout(total=PATIENCE_S)
        headers = self.headers(address) | changed
        async with (
            aiohttp.ClientSession(timeout=patience) as session,
            session.post(self.check.url, headers=headers, data=self.check.body) as answer,
        ):
            if answer.status >= 400 and not changed:
                self.answer("failed")
            return answer.status

    def rerun(self) -> None:
        """Ask anew, as the button at the check does: another task of another job."""
        self.job_id, self.task_instance_id = str(uuid4()), str(uuid4())
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
