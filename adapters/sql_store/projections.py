"""Brings the tables that pages, cards and commands read up to the events of a commit."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from adapters.sql_store.schema import claims, deliveries, digest, holders, releases
from adapters.sql_store.snapshots import State, changed
from core.errors import VersionConflictError
from core.events.base import Event
from core.events.codec import kind
from core.events.derived import EventIgnored, ModelNameClaimed, ReleaseOpened, ReleaseSuperseded
from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    BuildCompleted,
    CheckCalled,
    DeliveryIgnored,
    DeliveryRejected,
    PullRequestChanged,
    PullRequestCommented,
    RegistryHinted,
    RunStateChanged,
    StageStateChanged,
)
from core.release.model import Model
from core.release.release import Release
from core.words import Stage, Stream

_OWNER: Final = sa.select(claims.c.stream).where(claims.c.name_digest == sa.bindparam("known"))


def project(
    connection: sa.Connection, states: tuple[State, State], events: Sequence[Event]
) -> None:
    """Bring the projections from the state before the events to the one after them."""
    for event in events:
        _delivery(connection, event)
        if isinstance(event, ModelNameClaimed):
            _claim(connection, event)
    before, now = states
    if isinstance(before, Model) and isinstance(now, Model):
        _model(connection, (before, now), events)


def owner(connection: sa.Connection, name: str) -> Stream | None:
    found = connection.scalar(_OWNER, {"known": digest(name)})
    return None if found is None else Stream(found)


def _model(connection: sa.Connection, states: tuple[Model, Model], events: Sequence[Event]) -> None:
    before, now = states
    for stage in changed(states, "holders", events):
        _hold(connection, now.stream, stage, now.held(stage))
    new = []
    for key in changed(states, "releases", events):
        row = _row(now, now.releases[key])
        if key in before.releases:
            update = sa.update(releases).where(releases.c.release == key)
            connection.execute(update.values(row))
        else:
            new.append(row)
    if new:
        connection.execute(sa.insert(releases), new)


def _claim(connection: sa.Connection, event: ModelNameClaimed) -> None:
    """Keep the first claim. Raise VersionConflictError for the loser of a race, to decide again."""
    name = event.model.casefold()
    found = owner(connection, name)
    if found is not None and found != event.stream:
        raise VersionConflictError
    if found is None:
        named = {"name_digest": digest(name), "name": name, "model": event.model}
        connection.execute(sa.insert(claims).values(stream=event.stream, **named))


def _hold(connection: sa.Connection, stream: Stream, stage: Stage, version: str) -> None:
    at = (holders.c.stream == stream) & (holders.c.stage == stage)
    row = {"stream": stream, "stage": stage, "version": version}
    _upsert(connection, holders, at, row)


def _row(model: Model, release: Release) -> dict[str, Any]:
    return {
        "release": release.id,
        "stream": model.stream,
        "model": release.model or model.name,
        "branch": release.branch,
        "commit": release.commit,
        "state": f"{release.state} {release.stage}" if release.stage != "TST" else release.state,
        "version": release.registered.version if release.registered else "",
        "opened": release.opened.isoformat(),
        "changed": release.changed.isoformat(),
    }


def _delivery(connection: sa.Connection, event: Event) -> None:
    """Note what a delivery brought, or what the flow made of it."""
    if event.delivery:
        _received(connection, event, _arrived(event))
    match event:
        case EventIgnored(reason=reason):
            _outcome(connection, event, f"ignored: {reason}")
        case ReleaseOpened(release=release):
            _outcome(connection, event, f"made release {release}", release)
        case ReleaseSuperseded(release=release):
            _outcome(connection, event, f"ended release {release}", release)


def _arrived(event: Event) -> str:
    match event:
        case DeliveryIgnored(reason=reason):
            return f"ignored: {reason}"
        case DeliveryRejected(reason=reason):
            return f"rejected: {reason}"
        case RegistryHinted():
            return "the registry was read to see what changed"
        case PullRequestChanged(creator=creator):
            return f"noted: opened by {creator}"
        case PullRequestCommented(pull_request=number):
            return f"noted: a command in pull request {number}"
    return _noted(event)


def _noted(event: Event) -> str:
    """What a pipeline has done, as its host calls it."""
    match event:
        case BuildCompleted(build=build, result=result):
            return f"noted: build {build} {result or 'ended'}"
        case RunStateChanged(run=run) | StageStateChanged(run=run):
            return f"noted: run {run} is {event.result or event.state or 'in another state'}"
        case ApprovalPending(approval=approval) | ApprovalCompleted(approval=approval):
            return f"noted: approval {approval} is {event.status or 'in another state'}"
        case CheckCalled():
            return "noted: a check has called"
    return "noted"


def _what(event: Event) -> str:
    if not isinstance(event, RegistryHinted):
        return str(getattr(event, "what", kind(event)))
    version = f" version {event.version}" if event.version else ""
    return f"{event.what}: {event.model}{version}"


def _received(connection: sa.Connection, event: Event, outcome: str) -> None:
    row = {
        "event_digest": digest(event.id),
        "event": event.id,
        "delivery": event.delivery,
        "source": event.source,
        "kind": _what(event),
        "received": event.time.isoformat(),
        "outcome": outcome,
        "release": "",
        "is_rejected": isinstance(event, DeliveryRejected),
    }
    _upsert(connection, deliveries, deliveries.c.event_digest == digest(event.id), row)


def _outcome(connection: sa.Connection, event: Event, outcome: str, release: str = "") -> None:
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.event_digest == digest(event.caused_by))
        .values(outcome=outcome, release=release)
    )


def _upsert(
    connection: sa.Connection, table: sa.Table, at: sa.ColumnElement[bool], row: dict[str, Any]
) -> None:
    """Update or insert; two statements are safe, as the writer is alone or holds the chain."""
    updated = connection.execute(sa.update(table).where(at).values(row))
    if not updated.rowcount:
        connection.execute(sa.insert(table).values(row))
