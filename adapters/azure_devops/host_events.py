"""What Azure DevOps itself says of pushes and pull requests becomes the events of deliveries."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from azure.devops.v7_1.git.models import GitPushSearchCriteria  # type: ignore[import-untyped]

from adapters.azure_devops.accounts import account_of
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.comment_events import NO_PULL_REQUEST, CommentEvents
from adapters.azure_devops.errors import NotThereError, Purpose, strange
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from core.accounts import HostAccount
from core.events.base import Event
from core.events.outside import (
    BranchDeleted,
    CodePushed,
    PullRequestChanged,
    PullRequestCommented,
    PullRequestHinted,
    PushHinted,
)
from core.git_events import (
    BRANCHES,
    SeenPullRequest,
    SeenPush,
    pull_request_changed,
    ref_moved,
    unconfirmed,
)
from core.platform import canonical_id
from core.ports.host_events import HostProject, ListedRepository, PullRequestSeen

PAGE: Final = 100
MOST_COMMITS: Final = 1000  # of one push; who wrote the others is read from the repository
MOST_KEPT: Final = 64  # pushes; one that moved many branches is asked for once for all of them

NO_LIST: Final = "no list of pull requests"
NO_PUSH: Final = (
    "Azure DevOps has no push {push} there: it is not its delivery, or hides the repository from us"
)
NOT_MOVED: Final = "push {push} did not move branch {branch}, says Azure DevOps"


class _Commit(msgspec.Struct, frozen=True, rename="camel"):
    commit_id: str | None = None


class _Repository(msgspec.Struct, frozen=True):
    id: str


class _Listed(msgspec.Struct, frozen=True, rename="camel"):
    """A pull request of a list, of which only what makes the id of its event is read."""

    repository: _Repository
    pull_request_id: int
    status: str | None = None
    last_merge_source_commit: _Commit | None = None
    last_merge_commit: _Commit | None = None
    closed_date: datetime | None = None


class _Page(msgspec.Struct, frozen=True):
    value: tuple[_Listed, ...] | None = None


class AzureDevOpsEvents:
    """Implements ``core.ports.host_events.HostEvents``."""

    def __init__(self, azure_devops: AzureDevOps) -> None:
        self._azure_devops = azure_devops
        self._comments = CommentEvents(azure_devops)
        self._kept: dict[tuple[str, int], tuple[Event, ...]] = {}

    async def confirmed(self, event: Event) -> tuple[Event, ...]:
        """Builds and approvals are read by what acts on them: of those ids are enough."""
        match event:
            case CodePushed() | BranchDeleted() | PushHinted():
                return await self._confirmed_push(event)
            case PullRequestChanged() | PullRequestHinted():
                return await self._confirmed_pull_request(event)
            case PullRequestCommented():
                return (await self._comments.confirmed(event),)
        return (event,)

    def waited_s(self) -> float:
        return self._azure_devops.waited_s

    async def repositories(self) -> tuple[ListedRepository, ...]:
        def call(sdk: Sdk) -> Any:
            return sdk.git.get_repositories()

        found = await self._azure_devops.ask(Right.CODE, "list the repositories", call)
        return tuple(map(_listed, found))

    async def last_push(self, repository: str, branch: str = "") -> int:
        criteria = GitPushSearchCriteria(ref_name=f"{BRANCHES}{branch}" if branch else None)
        found = await self._page(repository, criteria, top=1)
        return found[0].push_id if found else 0

    async def pushes_after(self, repository: str, push: int) -> tuple[int, ...]:
        """The newest come first, so that those that come meanwhile are at worst read twice."""
        new: set[int] = set()
        async for page in self._pages(repository, GitPushSearchCriteria()):
            found = {each.push_id for each in page}
            new |= {number for number in found if number > push}
            if min(found) <= push:
                break
        return tuple(sorted(new))

    async def push(self, repository: str, push: int) -> tuple[Event, ...]:
        def call(sdk: Sdk) -> Any:
            return sdk.git.get_push(
                repository, push, include_commits=MOST_COMMITS, include_ref_updates=True
            )

        key, what = (canonical_id(repository), push), f"read push {push} of repository {repository}"
        if key not in self._kept:
            found = await self._azure_devops.ask(Right.CODE, what, call)
            self._keep(key, tuple(_moved(found, repository)))
        return self._kept[key]

    async def pushed_between(
        self, repository: str, since: datetime, until: datetime
    ) -> tuple[Event, ...]:
        criteria = GitPushSearchCriteria(
            from_date=_moment(since), to_date=_moment(until), include_ref_updates=True
        )
        seen: dict[str, Event] = {}
        async for page in self._pages(repository, criteria):
            seen |= {event.id: event for push in page for event in _moved(push, repository)}
        return tuple(seen.values())

    async def pull_requests(
        self, project: str, closed_since: datetime
    ) -> tuple[PullRequestSeen, ...]:
        closed = {
            "searchCriteria.status": "all",
            "searchCriteria.queryTimeRangeType": "closed",
            "searchCriteria.minTime": _moment(closed_since),
        }
        active = {"searchCriteria.status": "active"}
        still_open = [each async for each in self._listed(project, active)]
        ended = [each async for each in self._listed(project, closed)]
        # A server on premises may know no times in a search, and lists all that ever were.
        late = [each for each in ended if each.closed is None or each.closed >= closed_since]
        return (*still_open, *late)

    async def pull_request(self, repository: str, number: int) -> PullRequestChanged:
        found = await self._azure_devops.ask(
            Right.CODE,
            f"read pull request {number} of repository {repository}",
            lambda sdk: sdk.git.get_pull_request(repository, number, include_commits=True),
        )
        return pull_request_changed(_seen(found))

    async def _confirmed_push(
        self, event: CodePushed | BranchDeleted | PushHinted
    ) -> tuple[Event, ...]:
        try:
            moved = await self.push(event.repository, event.push_id)
        except NotThereError:
            return (unconfirmed(event, NO_PUSH.format(push=event.push_id)),)
        if isinstance(event, PushHinted):
            return moved
        reason = NOT_MOVED.format(push=event.push_id, branch=event.branch)
        found = tuple(each for each in moved if each.id == event.id)
        return found or (unconfirmed(event, reason),)

    async def _confirmed_pull_request(
        self, event: PullRequestChanged | PullRequestHinted
    ) -> tuple[Event, ...]:
        """It is told as it is now; the delivery alone knows when it became so."""
        try:
            found = await self.pull_request(event.repository, event.pull_request)
        except NotThereError:
            return (unconfirmed(event, NO_PULL_REQUEST.format(number=event.pull_request)),)
        return (msgspec.structs.replace(found, time=event.time),)

    def _keep(self, key: tuple[str, int], events: tuple[Event, ...]) -> None:
        while len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = events

    async def _pages(
        self, repository: str, criteria: GitPushSearchCriteria
    ) -> AsyncIterator[list[Any]]:
        skip = 0
        while page := await self._page(repository, criteria, top=PAGE, skip=skip):
            yield page
            if len(page) < PAGE:
                return
            skip += len(page)

    async def _page(
        self, repository: str, criteria: GitPushSearchCriteria, *, top: int, skip: int = 0
    ) -> list[Any]:
        def call(sdk: Sdk) -> Any:
            return sdk.git.get_pushes(repository, search_criteria=criteria, top=top, skip=skip)

        what = f"list the pushes of repository {repository}"
        return list(await self._azure_devops.ask(Right.CODE, what, call))

    async def _listed(self, project: str, params: dict[str, str]) -> AsyncIterator[PullRequestSeen]:
        """Ask for each page; the SDK knows no time for this list."""
        path = (project, "_apis", "git", "pullrequests")
        what = f"list the pull requests of project {project}"
        skip = 0
        while True:
            of_page = {**params, "$top": str(PAGE), "$skip": str(skip)}
            answer = await self._azure_devops.rest.get(Right.CODE, what, *path, params=of_page)
            page = _page(answer, Purpose(Right.CODE, what))
            for each in page:
                yield _seen_in_list(each)
            if len(page) < PAGE:
                return
            skip += len(page)


def _page(answer: Any, wanted: Purpose) -> tuple[_Listed, ...]:
    try:
        return msgspec.convert(answer, _Page, strict=False).value or ()
    except msgspec.ValidationError:
        raise strange(wanted, NO_LIST) from None


def _listed(found: Any) -> ListedRepository:
    return ListedRepository(
        id=canonical_id(found.id),
        name=found.name,
        project=HostProject(id=canonical_id(found.project.id), name=found.project.name),
        default_branch=(found.default_branch or "").removeprefix(BRANCHES),
        is_disabled=bool(found.is_disabled),
    )


def _moved(push: Any, repository: str) -> Iterator[Event]:
    seen = SeenPush(
        repository=repository,
        push_id=push.push_id,
        pusher=account_of(push.pushed_by),
        time=_in_utc(push.date),
        commits=tuple(commit.commit_id for commit in push.commits or ()),
    )
    for update in push.ref_updates or ():
        yield ref_moved(seen, update.name, update.old_object_id or "", update.new_object_id or "")


def _seen(found: Any) -> SeenPullRequest:
    return SeenPullRequest(
        repository=found.repository.id,
        number=found.pull_request_id,
        creator=account_of(found.created_by),
        source=found.source_ref_name,
        target=found.target_ref_name,
        time=_in_utc(found.closed_date or found.creation_date),
        status=found.status or "",
        commit=_commit(found.last_merge_source_commit),
        merge_commit=_commit(found.last_merge_commit),
        commits=tuple(commit.commit_id for commit in found.commits or ()),
    )


def _seen_in_list(found: _Listed) -> PullRequestSeen:
    """Make the id that ``pull_request`` would make; who opened it is no part of that."""
    seen = SeenPullRequest(
        repository=found.repository.id,
        number=found.pull_request_id,
        creator=HostAccount(id=""),
        source="",
        target="",
        time=datetime.now(UTC),
        status=found.status or "",
        commit=_commit(found.last_merge_source_commit),
        merge_commit=_commit(found.last_merge_commit),
    )
    return PullRequestSeen(
        repository=canonical_id(found.repository.id),
        number=found.pull_request_id,
        event=pull_request_changed(seen).id,
        closed=_in_utc(found.closed_date) if found.closed_date else None,
    )


def _commit(found: Any) -> str:
    return (found.commit_id if found else None) or ""


def _in_utc(time: datetime) -> datetime:
    """A time without a zone is one of UTC."""
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
