"""A comment of a pull request, in both shapes that Azure DevOps sends: a command to us, or none.

Version 1.0 puts the comment's fields on ``resource`` itself and tells of its place in links alone;
2.0 has ``comment`` and ``pullRequest`` there, and the number of the thread in a link still.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

import msgspec

from core.accounts import HostAccount
from core.events.base import Event
from core.git_events import COMMENT, DELETED, NOT_SAID, SeenComment, commented
from core.platform import canonical_id
from handlers.azure_devops.hook import (
    Identity,
    KnownById,
    LinkedPlace,
    ServiceHook,
    ignored,
    place_of,
    source,
    too_little,
)
from handlers.azure_devops.pushes import CommitRef, id_of
from handlers.fields import Number, Text, in_utc
from handlers.source import Delivery

PEOPLES: Final = "text"
NOBODY: Final = HostAccount(id="")

Said = Annotated[str, msgspec.Meta(max_length=2**21)]  # with line ends, unlike other texts


class Href(msgspec.Struct, frozen=True, kw_only=True):
    href: str = ""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    self: Href | None = None
    threads: Href | None = None
    repository: Href | None = None


class Comment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Number = 0
    author: Identity | None = None
    content: Said | None = None
    published_date: datetime | None = None
    last_content_updated_date: datetime | None = None
    comment_type: Text | None = None
    is_deleted: bool | None = None
    links: Links | None = msgspec.field(default=None, name="_links")


class OnPullRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pull_request_id: Number = 0
    repository: KnownById | None = None
    last_merge_source_commit: CommitRef | None = None


class CommentResource(Comment, frozen=True, kw_only=True, rename="camel"):
    comment: Comment | None = None
    pull_request: OnPullRequest | None = None
    url: str = ""

    @property
    def said(self) -> Comment:
        return self.comment or self


class Commented(ServiceHook, frozen=True, kw_only=True, rename="camel"):
    resource: CommentResource


@source.on(COMMENT, Commented)
def comment(delivery: Delivery[Commented]) -> Iterator[Event]:
    """What is said to us is kept as ids and one line; whoever acts upon it reads it at the host."""
    body, said = delivery.body, delivery.body.resource.said
    place = _place(body.resource)
    if said.comment_type not in {None, "", PEOPLES} or said.is_deleted:
        yield ignored(delivery, DELETED if said.is_deleted else NOT_SAID)
        return
    if not (place.thread and place.comment):
        yield too_little(delivery, "which comment it is")
        return
    change = body.resource.pull_request
    yield commented(
        SeenComment(
            repository=place.repository,
            pull_request=place.pull_request,
            thread=place.thread,
            comment=place.comment,
            author=said.author.account() if said.author else NOBODY,
            text=said.content,
            time=in_utc(said.published_date or body.created_date, delivery.received),
            edited=_edited(said, delivery.received),
            project=body.project,
            commit=id_of(change.last_merge_source_commit) if change else "",
        )
    )


def _place(resource: CommentResource) -> LinkedPlace:
    """What the body says of its place counts first, and each link may tell a part of the rest."""
    said, change = resource.said, resource.pull_request
    links = said.links or Links()
    hrefs = [link.href for link in (links.self, links.threads, links.repository) if link]
    places = [place_of(link) for link in (*hrefs, resource.url)]
    told = change.repository.canonical if change and change.repository else ""
    number = change.pull_request_id if change else 0
    return LinkedPlace(
        repository=canonical_id(told) or next(filter(None, (at.repository for at in places)), ""),
        pull_request=number or max(at.pull_request for at in places),
        thread=max(at.thread for at in places),
        comment=said.id or max(at.comment for at in places),
    )


def _edited(said: Comment, received: datetime) -> datetime | None:
    """When the text was changed after it was written, if it was."""
    if said.published_date is None or said.last_content_updated_date is None:
        return None
    written = in_utc(said.published_date, received)
    changed = in_utc(said.last_content_updated_date, received)
    return changed if changed > written else None
