"""Everything that the page of one release shows, read from its stream."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from core.errors import UnknownNameError
from core.events.base import Event
from core.events.codec import kind
from core.events.derived import (
    DecisionRefused,
    FinancialIdNoted,
    PromotionApproved,
    PromotionRejected,
    ReleaseAccepted,
    ReleaseRejected,
)
from core.events.people import RetryRequested, StageRequested
from core.gate.checks import CheckResult
from core.handle import Handle
from core.policy import Policy
from core.ports import Recorded, Store
from core.reading import Delta, champion_of, deltas, held_by, lost, state_of, with_who_pays
from core.release.model import JUDGED, Model
from core.release.release import Release
from core.release.state import RUNNING, StepRun
from core.words import ReleaseId, stream_of

LINKED: Final = ("step", "stage", "note", "reason", "outcome")
WHAT_AND_WHY: Final[dict[type[Event], tuple[str, str]]] = {
    ReleaseAccepted: ("accepted", ""),
    ReleaseRejected: ("rejected", "{reason}"),
    StageRequested: ("requested {stage}", "{purpose}"),
    PromotionApproved: ("approved {stage}", "{comment}"),
    PromotionRejected: ("rejected {stage}", "{comment}"),
    RetryRequested: ("asked for a retry", ""),
    FinancialIdNoted: ("said who pays", "{financial_id}"),
    DecisionRefused: ("refused: {what}", "{reason}"),
}


class MetricBars(msgspec.Struct, frozen=True, kw_only=True):
    """One metric beside the champion's; ``width`` values are per cent of the wider bar."""

    delta: Delta
    width: float
    champion_width: float


class ChainLink(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the release's chain."""

    time: datetime
    kind: str
    what: str
    id: str
    caused_by: str
    hash: str


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """One decision in words, and how sure we are who it was."""

    time: datetime
    who: str
    what: str
    why: str
    identity: str


class ReleasePage(msgspec.Struct, frozen=True, kw_only=True):
    model: Model
    release: Release
    policy: Policy
    steps: tuple[StepRun, ...]
    checks: tuple[CheckResult, ...]
    findings: int
    metrics: tuple[MetricBars, ...]
    champion: Release | None
    decisions: tuple[Decided, ...]
    chain: tuple[ChainLink, ...]

    @property
    def state(self) -> str:
        """Where it is now, as the holders of the stages say."""
        return state_of(self.model, self.release)

    @property
    def stages(self) -> tuple[str, ...]:
        """What it holds, and until when it held what it has lost."""
        held, left = held_by(self.model, self.release), self.release.left
        gone = (f"was on {s}{lost(self.release, s)}" for s in JUDGED if s in left and s not in held)
        return (*(f"holds {stage}" for stage in held), *gone)

    @property
    def is_running(self) -> bool:
        """Whether a step runs: then the page looks again by itself."""
        return self.release.state in RUNNING


async def release_page(name: str, store: Store, handle: Handle) -> ReleasePage:
    """Raise UnknownNameError when there is no such release."""
    stream = stream_of(ReleaseId(name))
    model = await handle.model(stream)
    release = await handle.release(ReleaseId(name))
    if release is None:
        rows = await store.releases(limit=200)
        near = [row.release for row in rows if row.release.startswith(name[:4])][:3]
        raise UnknownNameError("release", name, near)
    entries = await store.load(stream, about=release.id)
    champion = champion_of(model, release)
    policy = handle.context().policy
    checks = with_who_pays(release.checks, model, policy)
    return ReleasePage(
        model=model,
        release=release,
        policy=policy,
        steps=tuple(release.steps.values()),
        checks=checks,
        findings=sum(check.to_mend for check in checks),
        metrics=tuple(map(_bars, deltas(release, champion, policy))) if release.metrics else (),
        champion=champion,
        decisions=tuple(decisions(entry.event for entry in entries)),
        chain=tuple(_link(entry) for entry in entries),
    )


def _bars(delta: Delta) -> MetricBars:
    now, before = abs(delta.now or 0.0), abs(delta.before or 0.0)
    widest = max(now, before) or 1.0
    return MetricBars(delta=delta, width=100 * now / widest, champion_width=100 * before / widest)


def _link(entry: Recorded) -> ChainLink:
    event = entry.event
    parts = (str(getattr(event, name, "") or "") for name in LINKED)
    return ChainLink(
        time=event.time,
        kind=kind(event),
        what=" · ".join(part for part in parts if part),
        id=event.id,
        caused_by=event.caused_by,
        hash=entry.hash,
    )


def decisions(events: Iterable[Event]) -> Iterator[Decided]:
    """Tell the decisions in their order; what was refused stands there once, with its reason."""
    known = tuple(events)
    refused = {event.caused_by for event in known if isinstance(event, DecisionRefused)}
    for event in known:
        if type(event) not in WHAT_AND_WHY or event.id in refused:
            continue
        what, why = WHAT_AND_WHY[type(event)]
        fields = msgspec.structs.asdict(event)
        yield Decided(
            time=event.time,
            who=fields["by"].name,
            what=what.format(**fields),
            why=why.format(**fields),
            identity=fields["by"].identity,
        )
