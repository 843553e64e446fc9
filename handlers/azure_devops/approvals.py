"""``ms.vss-pipelinechecks-events.approval-*``: a run waits for an approval, or does no longer.

The samples of the documentation have the approval alone, and nothing of the run that waits.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from core.events.base import Event
from core.events.outside import ApprovalCompleted, ApprovalPending
from handlers.azure_devops.hook import KnownById, source, too_little
from handlers.azure_devops.runs import RunHook, RunResource
from handlers.fields import Text, in_utc
from handlers.source import Delivery


class Approval(KnownById, frozen=True, kw_only=True, rename="camel"):
    status: Text | None = None
    last_modified_on: datetime | None = None


class GuardedResource(msgspec.Struct, frozen=True, kw_only=True):
    """What a run may use only when it is approved: an environment, as the host shows it."""

    name: Text | None = None


class ApprovalResource(RunResource, frozen=True, kw_only=True, rename="camel"):
    approval: Approval | None = None
    approval_id: Text | None = None
    resource: GuardedResource | None = None

    @property
    def known_as(self) -> str:
        told = self.approval.canonical if self.approval else ""
        return told or KnownById(id=self.approval_id or "").canonical


class ApprovalHook(RunHook, frozen=True, kw_only=True, rename="camel"):
    resource: ApprovalResource


@source.on("ms.vss-pipelinechecks-events.approval-pending", ApprovalHook)
def pending(delivery: Delivery[ApprovalHook]) -> Iterator[Event]:
    body = delivery.body
    if not body.of_project or not body.resource.known_as:
        yield too_little(delivery, "which approval it is")
        return
    yield ApprovalPending(
        id=f"ado/{body.of_project}/approval/{body.resource.known_as}/pending", **_told(delivery)
    )


@source.on("ms.vss-pipelinechecks-events.approval-completed", ApprovalHook)
def completed(delivery: Delivery[ApprovalHook]) -> Iterator[Event]:
    body = delivery.body
    if not body.of_project or not body.resource.known_as:
        yield too_little(delivery, "which approval it is")
        return
    yield ApprovalCompleted(
        id=f"ado/{body.of_project}/approval/{body.resource.known_as}/completed", **_told(delivery)
    )


def _told(delivery: Delivery[ApprovalHook]) -> dict[str, Any]:
    body, resource = delivery.body, delivery.body.resource
    approval = resource.approval or Approval()
    return {
        "time": in_utc(approval.last_modified_on or body.created_date, delivery.received),
        "project": body.of_project,
        "approval": resource.known_as,
        "pipeline": resource.used.id,
        "pipeline_name": resource.used.name or "",
        "run": resource.number,
        "run_name": (resource.run.name if resource.run else None) or "",
        "stage": (resource.stage.name if resource.stage else "") or resource.stage_name or "",
        "environment": (resource.resource.name if resource.resource else None) or "",
        "status": approval.status or "",
    }
