"""``sluss hooks report``: what Azure DevOps has seen, against what the ledger has."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from adapters.sql_store import SqlStore
from core.again import Troubles
from core.errors import GoneError, UnavailableError
from core.events.base import Event
from core.events.outside import BranchDeleted, CodePushed
from core.handle import Handle
from core.platform import Repository
from core.ports.host_events import RECONCILED, HostEvents
from sluss.home.settings import Settings, from_environment
from sluss.home.this_program import this_program
from sluss.wiring.hooks import azure_devops_of, open_host_events
from sluss.wiring.opening import Opening
from sluss.wiring.store import open_store
from workers.watch.reconcile_pushes import ON_BOARD, ReconcilePushes, first_push

TOTAL: Final = "Seen by Azure DevOps: {host}, seen by us: {us}, missing: {missing}, late: {late}."
LATE: Final = "Late is what no delivery brought: it was found by listing, now or by a worker."
MISSING: Final = (
    "What is missing was pushed after Sluss began to look there, and is not in the ledger. Look at "
    "the lines above, then try again: listing it once more brings it."
)


class ReportRow(NamedTuple):
    """The branch updates of one repository that were pushed in the time that was asked for."""

    repository: str
    host: int
    us: int
    late: int

    @property
    def missing(self) -> int:
        return self.host - self.us


class HooksReport(NamedTuple):
    """``troubles`` is what could not be looked at, in words."""

    rows: tuple[ReportRow, ...]
    troubles: tuple[str, ...]

    @property
    def missing(self) -> int:
        return sum(row.missing for row in self.rows)

    def lines(self) -> tuple[str, ...]:
        host, us = sum(row.host for row in self.rows), sum(row.us for row in self.rows)
        late = sum(row.late for row in self.rows)
        total = TOTAL.format(host=host, us=us, missing=self.missing, late=late)
        return (
            *self.troubles,
            total,
            *([LATE] if late else []),
            *([MISSING] if self.missing else []),
        )


def report(home: Path, days: int) -> HooksReport:
    """List what was missed, hand it on, and compare; a server may run on the same ledger."""
    return asyncio.run(_report(from_environment(home), days))


async def _report(settings: Settings, days: int) -> HooksReport:
    now = datetime.now(UTC)
    async with azure_devops_of(settings) as azure_devops, _store(settings) as store:
        host = open_host_events(azure_devops)
        troubles = Troubles()
        reconcile = ReconcilePushes(host, _handle(settings, store), store, troubles)
        down = await _unasked(reconcile)
        since, until = now - timedelta(days=days), now + timedelta(days=1)
        rows = [
            row
            for each in settings.files.platform.repositories
            if not each.location
            for row in await _row(each, host, store, (since, until))
        ]
        says = (trouble.says for trouble in troubles.open.values())
        return HooksReport(tuple(rows), (*says, *down))


async def _unasked(reconcile: ReconcilePushes) -> tuple[str, ...]:
    """Return what could not be asked now: the rest is reported all the same."""
    try:
        await reconcile.run()
    except UnavailableError as error:
        return (str(error),)
    return ()


async def _row(
    repository: Repository, host: HostEvents, store: SqlStore, span: tuple[datetime, datetime]
) -> list[ReportRow]:
    """Count from the push on after which Sluss began to look; none where it is not shown to us."""
    first = await first_push(store, repository)
    try:
        told = await host.pushed_between(repository.id, *span)
    except GoneError:
        return []
    wanted = {event.id for event in _branches(told) if event.push_id > first}
    entries = await store.load(repository.name, kinds=[CodePushed, BranchDeleted])
    known = {entry.event.id.removesuffix(ON_BOARD): entry.event for entry in entries}
    seen = [known[each] for each in wanted if each in known]
    late = sum(event.delivery.startswith(RECONCILED) for event in seen)
    return [ReportRow(repository.name, len(wanted), len(seen), late)]


def _branches(events: Iterable[Event]) -> list[CodePushed | BranchDeleted]:
    return [event for event in events if isinstance(event, CodePushed | BranchDeleted)]


def _handle(settings: Settings, store: SqlStore) -> Handle:
    return Handle(
        store,
        platform=lambda: settings.files.platform,
        policy=settings.files.policy,
        clock=lambda: datetime.now(UTC),
        is_local=settings.is_local,
        sluss=this_program(settings.home),
    )


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[SqlStore]:
    async with AsyncExitStack() as closes:
        yield await open_store(settings.store_url, Opening(closes))
