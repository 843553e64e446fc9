"""Everything that the page of one release shows, read from its stream."""

from datetime import datetime
from typing import Final

import msgspec

from core.errors import UnknownNameError
from core.events.codec import kind
from core.gate.checks import CheckResult
from core.handle import Handle
from core.policy import Policy
from core.ports import Recorded, Store
from core.release.model import Model
from core.release.release import Release
from core.release.state import RUNNING, StepRun
from core.words import ReleaseId, stream_of
from web.pages.decisions import Decided, decisions

LINKED: Final = ("step", "stage", "note", "reason", "outcome")


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric beside the champion's; ``width`` values are per cent of the wider bar."""

    name: str
    value: float
    champion: float | None
    width: float
    champion_width: float
    is_better: bool | None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the release's chain."""

    time: datetime
    kind: str
    what: str
    id: str
    caused_by: str
    hash: str


class ReleasePage(msgspec.Struct, frozen=True, kw_only=True):
    model: Model
    release: Release
    steps: tuple[StepRun, ...]
    checks: tuple[CheckResult, ...]
    findings: int
    metrics: tuple[Metric, ...]
    champion: Release | None
    decisions: tuple[Decided, ...]
    chain: tuple[Link, ...]

    @property
    def is_running(self) -> bool:
        """Then the page looks again by itself."""
        return self.release.state in RUNNING


async def release_page(name: str, store: Store, handle: Handle, policy: Policy) -> ReleasePage:
    """Raise UnknownNameError when there is no such release."""
    stream = stream_of(ReleaseId(name))
    model = await handle.model(stream)
    release = await handle.release(ReleaseId(name))
    if release is None:
        rows = await store.releases(limit=200)
        near = [row.release for row in rows if row.release.startswith(name[:4])][:3]
        raise UnknownNameError("release", name, near)
    entries = await store.load(stream, about=release.id)
    champion = _champion(model, release)
    checks = release.checks
    return ReleasePage(
        model=model,
        release=release,
        steps=tuple(release.steps.values()),
        checks=checks,
        findings=sum(check.to_mend for check in checks),
        metrics=tuple(_metrics(release, champion, policy)),
        champion=champion,
        decisions=tuple(decisions(entry.event for entry in entries)),
        chain=tuple(_link(entry) for entry in entries),
    )


def _champion(model: Model, release: Release) -> Release | None:
    champion = model.champion
    return champion if champion is not None and champion.id != release.id else None


def _metrics(release: Release, champion: Release | None, policy: Policy) -> list[Metric]:
    before = champion.metrics if champion else {}
    rows = []
    for name, value in release.metrics.items():
        old = before.get(name)
        widest = max(abs(value), abs(old or 0.0)) or 1.0
        rows.append(
            Metric(
                name=name,
                value=value,
                champion=old,
                width=100 * abs(value) / widest,
                champion_width=100 * abs(old or 0.0) / widest,
                is_better=None if old is None else policy.is_better(name, value - old),
            )
        )
    return rows


def _link(entry: Recorded) -> Link:
    event = entry.event
    parts = (str(getattr(event, name, "") or "") for name in LINKED)
    return Link(
        time=event.time,
        kind=kind(event),
        what=" · ".join(part for part in parts if part),
        id=event.id,
        caused_by=event.caused_by,
        hash=entry.hash,
    )
