"""Azure DevOps service hooks become events.

Payloads: https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from core.accounts import HostAccount
from core.events.base import Event
from core.events.outside import DeliveryIgnored
from core.git_events import SeenPullRequest, SeenPush, pull_request_changed, ref_moved
from handlers.fields import Name, Number, ObjectId, Text, in_utc
from handlers.source import Delivery, Envelope, Headers, Source, fingerprint

TEST: Final = "test"

TESTED = "the Test button was pressed: address and credentials are right"


class ServiceHook(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every service hook carries; the samples in the documentation lack the two numbers."""

    event_type: Name
    id: Text | None = None
    subscription_id: Text | None = None
    notification_id: Number | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Name
    display_name: Text | None = None
    unique_name: Text | None = None
    descriptor: Text | None = None
    subject_kind: Text | None = None

    def account(self) -> HostAccount:
        return HostAccount(
            id=self.id,
            unique_name=self.unique_name or "",
            display_name=self.display_name or "",
            descriptor=self.descriptor or "",
            subject_kind=self.subject_kind or "",
        )


class HostedRepository(msgspec.Struct, frozen=True, kw_only=True):
    id: Name


class RefUpdate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: Name
    old_object_id: ObjectId
    new_object_id: ObjectId


class CommitRef(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    commit_id: ObjectId | None = None  # null until the host has tried a merge


class PushResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    push_id: Number
    pushed_by: Identity
    ref_updates: tuple[RefUpdate, ...]
    repository: HostedRepository
    commits: tuple[CommitRef, ...] | None = None  # absent where a branch only moved
    date: datetime | None = None


class Push(msgspec.Struct, frozen=True, kw_only=True):
    resource: PushResource


class PullRequestResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pull_request_id: Number
    created_by: Identity
    source_ref_name: Name
    target_ref_name: Name
    repository: HostedRepository
    status: Text = ""
    last_merge_source_commit: CommitRef | None = None  # absent until the host tried a merge
    last_merge_commit: CommitRef | None = None  # what lands when it is completed, however
    commits: tuple[CommitRef, ...] | None = None


class PullRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resource: PullRequestResource
    created_date: datetime | None = None


_hook = msgspec.json.Decoder(ServiceHook)


def envelope(_headers: Headers, raw: bytes, now: datetime) -> Envelope:
    """Each subscription numbers its notifications; one event may come by several subscriptions."""
    hook = _hook.decode(raw)
    if hook.subscription_id is None or hook.notification_id is None:
        return Envelope(type=hook.event_type, delivery=hook.id or fingerprint(raw))
    if not hook.subscription_id.strip("0-"):
        # The Test button sends the same id each time, yet each press is worth an answer.
        return Envelope(type=TEST, delivery=f"{TEST}/{now.isoformat()}")
    delivery = f"{hook.subscription_id}/{hook.notification_id}"
    return Envelope(type=hook.event_type, delivery=delivery)


source = Source("azure-devops", envelope)


@source.on(TEST, ServiceHook)
def tested(delivery: Delivery[ServiceHook]) -> Iterator[Event]:
    """The body is a sample about repositories that nobody has."""
    yield DeliveryIgnored(
        id=f"azure-devops/{delivery.id}",
        time=delivery.received,
        what=delivery.body.event_type,
        reason=TESTED,
    )


@source.on("git.push", Push)
def pushed(delivery: Delivery[Push]) -> Iterator[Event]:
    """One event for each ref: a branch moved, was deleted, or there is nothing to do and why."""
    push = delivery.body.resource
    seen = SeenPush(
        repository=push.repository.id,
        push_id=push.push_id,
        pusher=push.pushed_by.account(),
        time=in_utc(push.date, delivery.received),
        commits=_ids(push.commits),
    )
    for update in push.ref_updates:
        yield ref_moved(seen, update.name, update.old_object_id, update.new_object_id)


@source.on("git.pullrequest.created", PullRequest)
@source.on("git.pullrequest.updated", PullRequest)
@source.on("git.pullrequest.merged", PullRequest)
def reviewed(delivery: Delivery[PullRequest]) -> Iterator[Event]:
    """``merged`` only says that the host tried a merge; the status says whether it is completed."""
    change = delivery.body.resource
    yield pull_request_changed(
        SeenPullRequest(
            repository=change.repository.id,
            number=change.pull_request_id,
            creator=change.created_by.account(),
            source=change.source_ref_name,
            target=change.target_ref_name,
            time=in_utc(delivery.body.created_date, delivery.received),
            status=change.status,
            commit=_id(change.last_merge_source_commit),
            merge_commit=_id(change.last_merge_commit),
            commits=_ids(change.commits),
        )
    )


def _id(of: CommitRef | None) -> str:
    return (of.commit_id if of else None) or ""


def _ids(of: tuple[CommitRef, ...] | None) -> tuple[str, ...]:
    return tuple(filter(None, map(_id, of or ())))
