"""Azure DevOps service hooks become events.

Payloads: https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from core.events.base import Event
from core.events.outside import BranchDeleted, CodePushed, DeliveryIgnored, PullRequestChanged
from handlers.fields import Name, Number, ObjectId, Text, in_utc
from handlers.source import Delivery, Envelope, Headers, Source, fingerprint

BRANCHES: Final = "refs/heads/"
TEST: Final = "test"

TAG = "{ref} is no branch"
NOTHING_MOVED = "branch {branch} did not move"
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

    def user(self) -> str:
        r"""The name that the directory knows best: an address, or an account such as ``BANK\anna``.

        An address may follow a domain, as in ``Windows Live ID\somebody@example.org``.
        """
        name = (self.unique_name or "").strip()
        address = name.rpartition("\\")[2]
        return address if "@" in address else name or self.id


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
    time = in_utc(push.date, delivery.received)
    for update in push.ref_updates:
        yield _moved(update, push, time)


def _moved(update: RefUpdate, push: PushResource, time: datetime) -> Event:
    # The host's API tells the same three: whoever reads the push there comes to the same id.
    natural = f"ado/{push.repository.id}/{push.push_id}/{update.name}"
    branch = update.name.removeprefix(BRANCHES)
    if branch == update.name:
        reason = TAG.format(ref=update.name)
        return DeliveryIgnored(id=natural, time=time, what="git.push", reason=reason)
    if update.old_object_id == update.new_object_id:
        reason = NOTHING_MOVED.format(branch=branch)
        return DeliveryIgnored(id=natural, time=time, what="git.push", reason=reason)
    if not _present(update.new_object_id):
        return BranchDeleted(
            id=natural,
            time=time,
            repository=push.repository.id,
            branch=branch,
            push_id=push.push_id,
        )
    return CodePushed(
        id=natural,
        time=time,
        repository=push.repository.id,
        branch=branch,
        commit=update.new_object_id.lower(),
        commits=_ids(push.commits),
        previous=_present(update.old_object_id),
        pusher=push.pushed_by.user(),
        pusher_name=push.pushed_by.display_name or "",
        push_id=push.push_id,
    )


@source.on("git.pullrequest.created", PullRequest)
@source.on("git.pullrequest.updated", PullRequest)
@source.on("git.pullrequest.merged", PullRequest)
def pull_request_changed(delivery: Delivery[PullRequest]) -> Iterator[Event]:
    """``merged`` only says that the host tried a merge; the status says whether it is completed."""
    change = delivery.body.resource
    commit, merged = _id(change.last_merge_source_commit), _id(change.last_merge_commit)
    number = f"ado/{change.repository.id}/pr/{change.pull_request_id}"
    about = "/".join(filter(None, (commit or "no_commit", merged, change.status)))
    yield PullRequestChanged(
        id=f"{number}/{about}",
        time=in_utc(delivery.body.created_date, delivery.received),
        repository=change.repository.id,
        pull_request=change.pull_request_id,
        creator=change.created_by.user(),
        source_branch=change.source_ref_name.removeprefix(BRANCHES),
        target_branch=change.target_ref_name.removeprefix(BRANCHES),
        commit=commit,
        status=change.status,
        merge_commit=merged,
        commits=_ids(change.commits),
    )


def _id(of: CommitRef | None) -> str:
    """An id as git writes it: in another case it would be another commit's."""
    return ((of.commit_id if of else None) or "").lower()


def _ids(of: tuple[CommitRef, ...] | None) -> tuple[str, ...]:
    return tuple(filter(None, map(_id, of or ())))


def _present(object_id: str) -> str:
    """Zeros stand for no object."""
    return object_id.lower() if object_id.strip("0") else ""
