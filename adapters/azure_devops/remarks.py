"""What is to be mended, as threads of the open pull requests that bring the commit.

https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from azure.devops.v7_1.git.models import (  # type: ignore[import-untyped]
    Comment,
    CommentIterationContext,
    CommentPosition,
    CommentThreadContext,
    GitPullRequestCommentThread,
    GitPullRequestCommentThreadContext,
    GitVersionDescriptor,
)

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.own_identity import OwnIdentity
from adapters.azure_devops.pull_requests import OpenPullRequest, PullRequests
from adapters.azure_devops.remark_threads import (
    CLOSED,
    FIXED,
    KEY,
    Change,
    Close,
    Open,
    OurThread,
    Reopen,
    Reword,
    WantedThread,
    changes,
    our_threads,
)
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from core.ports import Remark

PAGE: Final = 2000  # changes of one answer, as many as Azure DevOps gives
MOST_CHANGES: Final = 10_000
LARGEST: Final = 1 << 20  # bytes of a file whose lines are counted
DELETED: Final = "delete"


class Remarks:
    def __init__(
        self, azure_devops: AzureDevOps, pull_requests: PullRequests, identity: OwnIdentity
    ) -> None:
        self._azure_devops = azure_devops
        self._pull_requests = pull_requests
        self._identity = identity

    async def show(self, repository: str, commit: str, remarks: Sequence[Remark], url: str) -> None:
        us = await self._identity.id()
        for place in await self._pull_requests.open_at(repository, commit):
            found = our_threads(await self._threads(place), us)
            writes = list(changes(remarks, found, url))
            if writes:
                await self._write(place, commit, writes)

    async def _threads(self, place: OpenPullRequest) -> Any:
        return await self._azure_devops.ask(
            Right.CODE,
            f"read the threads of {place.name}",
            lambda sdk: sdk.git.get_threads(place.repository, place.number),
        )

    async def _write(self, place: OpenPullRequest, commit: str, writes: list[Change]) -> None:
        """Write one after the other: whoever is cut off finds what is written, and goes on."""
        is_new = any(isinstance(write, Open) for write in writes)
        changed = await self._changed(place) if is_new else {}
        lines = _LineCounts(self._azure_devops, place, commit)
        for write in writes:
            try:
                match write:
                    case Open(wanted):
                        await self._open(place, wanted, changed, lines)
                    case Reword(thread, wanted):
                        await self._reword(place, thread, wanted)
                    case Reopen(thread):
                        await self._set(place, thread.number, "active", "")
                    case Close(thread, is_fixed):
                        status = FIXED if is_fixed else "closed"
                        await self._set(place, thread.number, status, commit)
            except NotThereError:
                if isinstance(write, Open):  # the pull request is not there any more
                    raise
                continue  # somebody has deleted the thread meanwhile

    async def _open(
        self,
        place: OpenPullRequest,
        wanted: WantedThread,
        changed: dict[str, "_Changed"],
        lines: "_LineCounts",
    ) -> None:
        """A file that the pull request does not change has no place to show a thread at."""
        at = changed.get(wanted.remark.path)
        said = wanted.content(is_at_file=at is not None)
        thread = GitPullRequestCommentThread(
            comments=[Comment(content=said, parent_comment_id=0, comment_type="text")],
            status="active",
            properties={KEY: str(wanted.marker)},
        )
        if at is not None:
            line = await lines.clipped(wanted.remark)
            thread.thread_context = _context(at.path, line)
            thread.pull_request_thread_context = _iteration(place, at)
        await self._azure_devops.ask(
            Right.PULL_REQUESTS,
            f"say at {place.name} what is to be mended",
            lambda sdk: sdk.git.create_thread(thread, place.repository, place.number),
        )

    async def _reword(
        self, place: OpenPullRequest, thread: OurThread, wanted: WantedThread
    ) -> None:
        said = Comment(content=wanted.content(is_at_file=thread.is_at_file))
        await self._azure_devops.ask(
            Right.PULL_REQUESTS,
            f"change what is said in thread {thread.number} of {place.name}",
            lambda sdk: sdk.git.update_comment(
                said, place.repository, place.number, thread.number, thread.comment
            ),
        )

    async def _set(self, place: OpenPullRequest, thread: int, status: str, closed: str) -> None:
        changed = GitPullRequestCommentThread(status=status, properties={CLOSED: closed})
        await self._azure_devops.ask(
            Right.PULL_REQUESTS,
            f"set thread {thread} of {place.name} to {status}",
            lambda sdk: sdk.git.update_thread(changed, place.repository, place.number, thread),
        )

    async def _changed(self, place: OpenPullRequest) -> dict[str, "_Changed"]:
        """Return the files that the pull request changes, by their path in the repository."""
        found: dict[str, _Changed] = {}
        skip = 0
        while skip < MOST_CHANGES:

            def call(sdk: Sdk, skip: int = skip) -> Any:
                return sdk.git.get_pull_request_iteration_changes(
                    place.repository, place.number, place.iteration, top=PAGE, skip=skip
                )

            page = await self._azure_devops.ask(Right.CODE, f"read what {place.name} changes", call)
            for entry in page.change_entries or ():
                if at := _changed_at(entry):
                    found[at.path.lstrip("/")] = at
            if not page.next_skip:
                break
            skip = page.next_skip
        return found


class _Changed(msgspec.Struct, frozen=True):
    path: str
    tracking: int


def _changed_at(entry: Any) -> _Changed | None:
    """The SDK's model of a change lacks the item, which is beside its fields."""
    beside = entry.additional_properties or {}
    item = beside.get("item") or getattr(entry, "item", None) or {}
    path = item.get("path") if isinstance(item, dict) else None
    kinds = str(beside.get("changeType") or getattr(entry, "change_type", "") or "")
    if not path or DELETED in kinds.lower():
        return None
    return _Changed(path, entry.change_tracking_id or 0)


class _LineCounts:
    """How many lines the files of a commit have; each is read at most once."""

    def __init__(self, azure_devops: AzureDevOps, place: OpenPullRequest, commit: str) -> None:
        self._azure_devops = azure_devops
        self._place = place
        self._at = GitVersionDescriptor(version=commit, version_type="commit")
        self._known: dict[str, int] = {}

    async def clipped(self, remark: Remark) -> int:
        """Return a line that the file has; 0 for the file as a whole."""
        if remark.line <= 0:
            return 0
        if remark.path not in self._known:
            self._known[remark.path] = await self._read(remark.path)
        return min(remark.line, self._known[remark.path])

    async def _read(self, path: str) -> int:
        def call(sdk: Sdk) -> int:
            parts = sdk.git.get_item_content(
                self._place.repository, path, version_descriptor=self._at
            )
            content = bytearray()
            for part in parts:
                content += part
                if len(content) > LARGEST:
                    return 0
            return len(content.splitlines())

        try:
            what = f"count the lines of {path} at {self._place.name}"
            return await self._azure_devops.ask(Right.CODE, what, call)
        except NotThereError:
            return 0


def _context(path: str, line: int) -> Any:
    if not line:
        return CommentThreadContext(file_path=path)
    return CommentThreadContext(
        file_path=path,
        right_file_start=CommentPosition(line=line, offset=1),
        right_file_end=CommentPosition(line=line, offset=1),
    )


def _iteration(place: OpenPullRequest, at: _Changed) -> Any:
    """The pull request as a whole is compared: from its base to the newest push."""
    return GitPullRequestCommentThreadContext(
        change_tracking_id=at.tracking,
        iteration_context=CommentIterationContext(
            first_comparing_iteration=place.iteration,
            second_comparing_iteration=place.iteration,
        ),
    )
