"""``git.push``: one event for each ref that moved."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from core.events.base import Event
from core.events.outside import PushHinted
from core.git_events import PUSH, SeenPush, ref_moved
from core.platform import canonical_id
from handlers.azure_devops.hook import (
    REDUCED,
    Identity,
    KnownById,
    ServiceHook,
    place_of,
    source,
    too_little,
)
from handlers.fields import Name, Number, ObjectId, in_utc
from handlers.source import Delivery


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


class ReducedPushResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    push_id: Number | None = None
    url: str | None = None
    repository: KnownById | None = None


class ReducedPush(ServiceHook, frozen=True, kw_only=True, rename="camel"):
    resource: ReducedPushResource


@source.on(PUSH, Push)
def pushed(delivery: Delivery[Push]) -> Iterator[Event]:
    push = delivery.body.resource
    seen = SeenPush(
        repository=push.repository.id,
        push_id=push.push_id,
        pusher=push.pushed_by.account(),
        time=in_utc(push.date, delivery.received),
        commits=ids_of(push.commits),
    )
    for update in push.ref_updates:
        yield ref_moved(seen, update.name, update.old_object_id, update.new_object_id)


@source.on(f"{REDUCED}{PUSH}", ReducedPush)
def hinted(delivery: Delivery[ReducedPush]) -> Iterator[Event]:
    """Where the ids are told the host can be asked for the rest."""
    told, place = delivery.body.resource, place_of(delivery.body.resource.url or "")
    repository = told.repository.canonical if told.repository else place.repository
    push_id = told.push_id or place.push
    if not repository or not push_id:
        yield too_little(delivery, "which push it is")
        return
    yield PushHinted(
        id=f"ado/{canonical_id(repository)}/{push_id}",
        time=delivery.received,
        repository=canonical_id(repository),
        push_id=push_id,
    )


def id_of(commit: CommitRef | None) -> str:
    return (commit.commit_id if commit else None) or ""


def ids_of(commits: tuple[CommitRef, ...] | None) -> tuple[str, ...]:
    return tuple(filter(None, map(id_of, commits or ())))
