"""Reads what pipelines wait for at the host of git, and tells it what was decided here.

The host is asked before anything is said, so that a job which is done twice says it once.
"""

import hashlib
import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec

from core.again import Troubles
from core.authority.pipelines import deciders
from core.checkpoint import (
    CheckpointKind,
    CheckpointState,
    PipelineCheckpoint,
    SeenCheckpoint,
    place_of_checkpoint,
)
from core.contributors import Contributors
from core.errors import (
    GoneError,
    SlussError,
    StepFailedError,
    UnavailableError,
    VersionConflictError,
)
from core.events.workers import AnswerDelayed, CheckpointSeen
from core.handle import Handle
from core.jobs import AnswerCheckpoint, ReadCheckpoint
from core.origin import EventOrigin
from core.people import folded
from core.ports import CardBook, Ledger
from core.ports.checkpoints import Checkpoints
from core.ports.host_events import HostEvents
from workers.turns import turn_at_host

log = logging.getLogger(__name__)

WORK: Final = "asking what pipelines wait for"
ABOUT: Final = "a pipeline that waits"

CONTRADICTED: Final = (
    "Our identity has given another answer to this in Azure DevOps, which takes only one. Nothing "
    "was sent; look there who uses the identity of Sluss."
)


class CheckpointStore(Ledger, CardBook, Protocol):
    """The desk, and leases."""


class CheckpointDesk:
    """``hosts`` has a port for each kind of checkpoint that the host of git has."""

    def __init__(
        self,
        hosts: Mapping[CheckpointKind, Checkpoints],
        handle: Handle,
        store: CheckpointStore,
        troubles: Troubles,
    ) -> None:
        self.hosts = hosts
        self.handle = handle
        self.store = store
        self._troubles = troubles

    async def read(self, job: ReadCheckpoint) -> None:
        """Raise UnavailableError while the host cannot be asked, also where a right is missing."""
        await self.look(job.checkpoint)

    async def look(self, name: str) -> None:
        """Read it and note what is news; there is a card before anybody was counted."""
        host = self._host(name)
        if host is None:
            return
        async with self._at_work(name):
            seen = await self._seen(host, name)
            if seen is None:
                return
            await self._tell(seen, None)
        known = await self._known(seen.id)
        if known is not None and self._is_to_be_counted(known):
            await self._tell(seen, await self._counted(seen))

    async def answer(self, job: AnswerCheckpoint) -> None:
        """Say what was decided, once. Raise as ``read`` does; the card says what is missing."""
        host = self._host(job.checkpoint)
        if host is None:
            return
        async with self._at_work(job.checkpoint):
            known = await self._known(job.checkpoint)
            decision = known.decision if known else None
            if known is None or decision is None:
                return
            if not known.is_to_be_told and not job.is_repeated:
                return
            try:
                seen = await host.answer(known.seen, decision)
            except GoneError:
                seen = _gone(known)
            except StepFailedError as error:
                await self._delay(known, str(error))
                raise
            await self._tell(seen, None)
            after = await self._known(job.checkpoint)
            if after is not None and after.is_to_be_told:
                await self._delay(after, CONTRADICTED)

    def _is_to_be_counted(self, known: PipelineCheckpoint) -> bool:
        """Where no rule lets anybody decide, no repository is cloned for it."""
        is_ruled = bool(deciders(known, self.handle.context().policy))
        return known.is_open and known.contributors is None and is_ruled

    def _host(self, name: str) -> Checkpoints | None:
        try:
            kind, _, _ = place_of_checkpoint(name)
        except ValueError:
            return None
        return self.hosts.get(kind)

    async def _seen(self, host: Checkpoints, name: str) -> SeenCheckpoint | None:
        """What is not there at the host was over before, or is nobody's hint to believe."""
        try:
            return await host.look(name)
        except GoneError as error:
            log.info("%s", error, extra={"action": "checkpoint_gone"})
            known = await self._known(name)
            return _gone(known) if known else None

    async def _counted(self, seen: SeenCheckpoint) -> Contributors | None:
        """Whoever decides is told apart anew; until then a card can do without."""
        try:
            return await self.handle.contributors_of_run(seen.run)
        except UnavailableError as error:
            log.info("%s", error, extra={"action": "checkpoint_not_counted"})
            return None

    async def _known(self, name: str) -> PipelineCheckpoint | None:
        return (await self.store.desk()).checkpoints.get(name)

    async def _tell(self, seen: SeenCheckpoint, contributors: Contributors | None) -> None:
        """Note it unless it is known so; the desk's version tells one news from another."""
        desk = await self.store.desk()
        known = desk.checkpoints.get(seen.id)
        is_counted = known is not None and contributors in {None, known.contributors}
        if known is not None and (known.closed or (known.seen == seen and is_counted)):
            return
        about = hashlib.sha256(msgspec.json.encode([seen, contributors])).hexdigest()[:16]
        event = CheckpointSeen(
            id=f"seen/{seen.id}/{desk.version}/{about}",
            time=self.handle.context().now,
            seen=seen,
            contributors=contributors,
        )
        await self.handle(event, EventOrigin.WORKER)

    async def _delay(self, known: PipelineCheckpoint, problem: str) -> None:
        if known.problem == problem:
            return
        about = hashlib.sha256(problem.encode()).hexdigest()[:16]
        said = known.decision.time.isoformat() if known.decision else ""
        event = AnswerDelayed(
            id=f"delayed/{known.id}/{said}/{about}",
            time=self.handle.context().now,
            checkpoint=known.id,
            problem=problem,
        )
        await self.handle(event, EventOrigin.WORKER)

    def _at_work(self, name: str) -> AbstractAsyncContextManager[None]:
        key = f"checkpoint/{name}"
        return turn_at_host(self.store, self._troubles, key, about=ABOUT, work=WORK)


class CheckpointWatch:
    """Finds what waits and no delivery told of, and what waits no longer.

    Projects that policy.yml has a rule for are asked, one call each: of others nobody decides here.
    """

    def __init__(self, desk: CheckpointDesk, projects: HostEvents) -> None:
        self._desk = desk
        self._projects = projects

    async def run(self) -> None:
        """Read what is new, and what is not listed any more; what is known to wait costs nothing.

        Raise UnavailableError at the end when something could not be read, to be tried again soon.
        """
        known = {each.id: each for each in (await self._desk.store.desk()).waiting_checkpoints()}
        projects = await self._ruled() | {each.run.project for each in known.values()}
        listed: set[str] = set()
        for host in self._desk.hosts.values():
            listed |= set(await host.waiting(sorted(projects)))
        down: SlussError | None = None
        for name in sorted(listed ^ known.keys()):
            try:
                await self._desk.look(name)
            except (UnavailableError, VersionConflictError) as error:
                down = error
        if down is not None:
            raise down

    async def _ruled(self) -> set[str]:
        """The ids of the projects that policy.yml names."""
        names = {folded(name) for name in self._desk.handle.context().policy.pipelines}
        if not names:
            return set()
        there = await self._projects.repositories()
        return {each.project.id for each in there if folded(each.project.name) in names}


def _gone(known: PipelineCheckpoint) -> SeenCheckpoint:
    return msgspec.structs.replace(known.seen, state=CheckpointState.GONE)
