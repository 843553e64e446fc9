"""``git.pullrequest.created``, ``updated`` and ``merged``: a pull request is as it is now."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from core.events.base import Event
from core.events.outside import PullRequestHinted
from core.git_events import SeenPullRequest, pull_request_changed
from handlers.azure_devops.hook import (
    REDUCED,
    Identity,
    KnownById,
    ServiceHook,
    place_of,
    source,
    too_little,
)
from handlers.azure_devops.pushes import CommitRef, HostedRepository, id_of, ids_of
from handlers.fields import Name, Number, Text, in_utc
from handlers.source import Delivery

FAMILY: Final = "git.pullrequest."


class PullRequestResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pull_request_id: Number
    created_by: Identity
    source_ref_name: Name
    target_ref_name: Name
    repository: HostedRepository
    status: Text | None = None
    last_merge_source_commit: CommitRef | None = None  # absent until the host tried a merge
    last_merge_commit: CommitRef | None = None  # what lands when it is completed, however
    commits: tuple[CommitRef, ...] | None = None


class PullRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resource: PullRequestResource
    created_date: datetime | None = None


class ReducedPullRequestResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pull_request_id: Number | None = None
    url: str | None = None
    repository: KnownById | None = None


class ReducedPullRequest(ServiceHook, frozen=True, kw_only=True, rename="camel"):
    resource: ReducedPullRequestResource


@source.on("git.pullrequest.created", PullRequest)
@source.on("git.pullrequest.updated", PullRequest)
@source.on("git.pullrequest.merged", PullRequest)
def changed(delivery: Delivery[PullRequest]) -> Iterator[Event]:
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
            status=change.status or "",
            commit=id_of(change.last_merge_source_commit),
            merge_commit=id_of(change.last_merge_commit),
            commits=ids_of(change.commits),
        )
    )


@source.on(f"{REDUCED}{FAMILY}*", ReducedPullRequest)
def hinted(delivery: Delivery[ReducedPullRequest]) -> Iterator[Event]:
    """Each is a new reason to look: it does not tell in which state the pull request is."""
    told, place = delivery.body.resource, place_of(delivery.body.resource.url or "")
    repository = told.repository.canonical if told.repository else place.repository
    number = told.pull_request_id or place.pull_request
    if not repository or not number:
        yield too_little(delivery, "which pull request it is")
        return
    yield PullRequestHinted(
        id=f"azure-devops/{delivery.id}",
        time=delivery.received,
        repository=repository,
        pull_request=number,
    )
