"""Lists what the host of git has seen, and hands on what no delivery has brought.

A subscription that is restricted loses what happens meanwhile, and a repository without one is
never told of. So each list begins where we ended ourselves, never at what was delivered last, and
what is known already changes nothing: whoever comes first tells it, and two may list at once.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from core.again import Troubles
from core.confirm import SOURCE
from core.errors import (
    ForeignEventError,
    RefusedByStoreError,
    SlussError,
    StepFailedError,
    UnavailableError,
    VersionConflictError,
)
from core.events.base import Event
from core.events.desk import RepositoriesFound, StrangeRepository
from core.events.outside import BranchDeleted, CodePushed
from core.handle import Handle
from core.origin import EventOrigin
from core.platform import Repository
from core.ports.host_events import RECONCILED, HostEvents, ListedRepository
from core.ports.store import Notes

log = logging.getLogger(__name__)

OVERLAP: Final = timedelta(hours=1)  # of the host's own times: what was closed at once is kept
WHOLE: Final = timedelta(minutes=50)  # after which all is gone through, whatever is left over
FIRST: Final = timedelta(days=1)  # back from our clock, which may be wrong, before there is a mark
MOST_TOLD: Final = 100  # repositories that one event names
TOLD: Final = "repositories/told"
ON_BOARD: Final = "/on_board"  # ends the id of what was told before its repository was ours

NOT_LISTED: Final = (
    "Azure DevOps does not list the repository {name} ({id}), so that its pushes are not looked "
    "for. Look whether it was deleted, or hidden from the identity of Sluss; else take it out of "
    "platform.yml."
)
DISABLED: Final = (
    "The repository {name} is disabled at Azure DevOps, so that its pushes are not looked for. "
    "Enable it there, or take it out of platform.yml."
)

Index = Callable[[Repository, str], Awaitable[None]]
Look = Callable[[], Awaitable[int]]


class _PullRequests(msgspec.Struct, frozen=True):
    """How far the pull requests of a project were handed on: digests of their events' ids."""

    closed: datetime
    seen: frozenset[str] = frozenset()


class ReconcilePushes:
    """``index`` keeps the code of a new repository, at this commit, to compare others with."""

    def __init__(
        self,
        host: HostEvents,
        handle: Handle,
        notes: Notes,
        troubles: Troubles,
        index: Index | None = None,
    ) -> None:
        self._host = host
        self._handle = handle
        self._notes = notes
        self._troubles = troubles
        self._index = index
        self._turn = asyncio.Lock()
        self._left: Mapping[str, Look] = {}
        self._whole = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> int:
        """Go through all once; return how many events were news.

        What fails in one repository stops no other, and is a trouble of its own. Raise
        UnavailableError at the end when something could not be asked.
        """
        async with self._turn:
            return await self._each(await self._looks())

    async def go_on(self) -> int:
        """Go through what could not be asked the last time; through all at the first, and hourly.

        So one that never answers costs a call now and then, and no other is forgotten for it.
        """
        async with self._turn:
            is_late = self._handle.context().now - self._whole >= WHOLE
            looks = await self._looks() if is_late or not self._left else self._left
            return await self._each(looks)

    async def _looks(self) -> dict[str, Look]:
        listed = {each.id: each for each in await self._host.repositories()}
        ours = [each for each in self._handle.platform.repositories if not each.location]
        here = [each for each in ours if self._is_open(each, listed.get(each.id))]
        projects = {listed[each.id].project.id: listed[each.id].project for each in here}
        self._whole = self._handle.context().now
        return {
            **{f"pushes of {each.name}": partial(self._pushes, each) for each in here},
            **{
                f"pull requests of {each.name}": partial(self._pull_requests, each.id, here)
                for each in projects.values()
            },
            "repositories": partial(self._strangers, tuple(listed.values())),
        }

    async def _each(self, looks: Mapping[str, Look]) -> int:
        news: int = 0
        down: SlussError | None = None
        left: dict[str, Look] = {}
        for name, look in looks.items():
            work = f"reconciling {name}"
            try:
                news += await look()
            except (UnavailableError, VersionConflictError) as error:
                down = error
                left[name] = look
            except StepFailedError as error:
                self._troubles.begin(work, error)
            else:
                self._troubles.end(work)
        self._left = left
        if down is not None:
            raise down
        return news

    def _is_open(self, repository: Repository, listed: ListedRepository | None) -> bool:
        work = f"finding {repository.name}"
        if listed is not None and not listed.is_disabled:
            self._troubles.end(work)
            return True
        says = (NOT_LISTED if listed is None else DISABLED).format(
            name=repository.name, id=repository.id
        )
        self._troubles.begin(work, SlussError(says))
        return False

    async def _pushes(self, repository: Repository) -> int:
        key = f"pushes/{repository.id}"
        mark = await self._notes.note(key)
        if mark is None:
            return await self._first_pushes(repository, key)
        news = 0
        for push in await self._host.pushes_after(repository.id, int(mark)):
            for event in await self._host.push(repository.id, push):
                if isinstance(event, CodePushed | BranchDeleted):
                    news += await self._tell(event)
            await self._notes.keep_note(key, str(push))
        return news

    async def _first_pushes(self, repository: Repository, key: str) -> int:
        """Look from now on; a release branch that has no release yet is told as it is now."""
        mark = await self._host.last_push(repository.id)
        news = await self._head(repository) if mark else 0
        await self._notes.keep_note(f"{key}/first", str(mark))
        await self._notes.keep_note(key, str(mark))
        return news

    async def _head(self, repository: Repository) -> int:
        number = await self._host.last_push(repository.id, repository.release_branch)
        moved = await self._host.push(repository.id, number) if number else ()
        news = 0
        for event in moved:
            if isinstance(event, CodePushed) and event.branch == repository.release_branch:
                news += await self._first_release(repository, event)
                if self._index is not None:
                    await self._index(repository, event.commit)
        return news

    async def _first_release(self, repository: Repository, event: CodePushed) -> int:
        """Tell it under another id where it was told before the repository was ours."""
        if (await self._handle.model(repository.name)).releases:
            return 0
        if await self._tell(event):
            return 1
        if (await self._handle.model(repository.name)).releases:
            return 0
        return await self._tell(msgspec.structs.replace(event, id=f"{event.id}{ON_BOARD}"))

    async def _pull_requests(self, project: str, ours: list[Repository]) -> int:
        key = f"pull_requests/{project}"
        mark = await self._mark(key)
        known = {each.id for each in ours}
        found = await self._host.pull_requests(project, mark.closed - OVERLAP)
        here = [each for each in found if each.repository in known]
        news = 0
        for each in here:
            if _digest(each.event) not in mark.seen:
                news += await self._tell(
                    await self._host.pull_request(each.repository, each.number)
                )
        closed = max((each.closed for each in found if each.closed), default=mark.closed)
        seen = frozenset(_digest(each.event) for each in here)
        await self._keep(key, _PullRequests(closed=max(closed, mark.closed), seen=seen))
        return news

    async def _mark(self, key: str) -> _PullRequests:
        kept = await self._notes.note(key)
        if kept is None:
            return _PullRequests(closed=self._handle.context().now - FIRST)
        return msgspec.json.decode(kept, type=_PullRequests)

    async def _keep(self, key: str, mark: _PullRequests) -> None:
        text = msgspec.json.encode(mark, order="deterministic").decode()
        if await self._notes.note(key) != text:
            await self._notes.keep_note(key, text)

    async def _strangers(self, listed: Iterable[ListedRepository]) -> int:
        """Tell the platform team once of each repository that platform.yml does not have."""
        there = [each for each in listed if not each.is_disabled]
        known = {each.id for each in self._handle.platform.repositories}
        kept = await self._notes.note(TOLD)
        told = set(msgspec.json.decode(kept, type=list[str])) if kept else set()
        new = sorted((each for each in there if each.id not in known | told), key=_by_name)
        if not new:
            return 0
        event = RepositoriesFound(
            id=f"found/{_digest(*(each.id for each in new))}",
            time=self._handle.context().now,
            repositories=tuple(map(_strange, new[:MOST_TOLD])),
            more=max(0, len(new) - MOST_TOLD),
        )
        handled = await self._handle(event, EventOrigin.WORKER)
        ids = sorted(told | {each.id for each in new})
        await self._notes.keep_note(TOLD, msgspec.json.encode(ids).decode())
        return 0 if handled.is_known else 1

    async def _tell(self, event: Event) -> int:
        """Return 1 for news. What the store refuses is that event's own fault and stops nothing."""
        stamp = {"source": SOURCE, "delivery": f"{RECONCILED}{event.id}"}
        try:
            handled = await self._handle(
                msgspec.structs.replace(event, **stamp), EventOrigin.OUTSIDE
            )
        except (ForeignEventError, RefusedByStoreError) as error:
            log.warning("%s", error, extra={"action": "reconciled_event_refused"})
            return 0
        if handled.is_known:
            return 0
        log.info("found: %s", event.id, extra={"action": "event_reconciled"})
        return 1


async def first_push(notes: Notes, repository: Repository) -> int:
    """The push after which its repository was looked at; what came before was nobody's to tell."""
    return int(await notes.note(f"pushes/{repository.id}/first") or 0)


def _strange(found: ListedRepository) -> StrangeRepository:
    return StrangeRepository(
        id=found.id,
        name=found.name,
        project=found.project.name,
        default_branch=found.default_branch,
    )


def _by_name(found: ListedRepository) -> tuple[str, str]:
    return found.project.name.casefold(), found.name.casefold()


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
