"""The outbox as a table: which jobs may be in a queue now, and which wait for their turn.

One push may bring steps and release cards by the hundred, so that of each only MOST_AT_ONCE of a
stream are in the queue at a time. A step keeps its place until its release no longer waits for that
attempt, and a card until it was shown. Each transaction that may change this decides it anew, so
that no place can be lost.
"""

import hashlib
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Final

import sqlalchemy as sa

from adapters.sql_store.schema import digest, outbox
from core import jobs as job_codec
from core.events.base import Event
from core.jobs import AnyJob, Job, Lane, RunStep, ShowCard, step_job
from core.release.model import Model
from core.release.release import Release
from core.release.state import RUNNING
from core.words import ReleaseId, Stream

MOST_AT_ONCE: Final = 4
LIMITED: Final = (Lane.STEPS, Lane.CARDS)
FIRST, LATER = 0, 1  # ranks
MANY_BY_ONE_PUSH: Final = "release"  # the card of which one push may bring many


class OutboxPlace(IntEnum):
    """How far a job is on its way to the queue."""

    WAITING = 0  # until it may be sent
    READY = 1  # to be sent
    SENT = 2  # it counts until it is done


def take_in(
    connection: sa.Connection, model: Model, events: Iterable[Event], jobs: Sequence[Job]
) -> set[Lane]:
    """Write what a decision changes; return the lanes in which something may be sent."""
    changed = {str(getattr(event, "release", "")) for event in events} - {""}
    for release in changed:
        _forget_old_steps(connection, model, ReleaseId(release))
    for job in jobs:
        _put(connection, job, model)
    ready = {job.lane for job in jobs}
    limited = {Lane.STEPS} if changed else set[Lane]()
    for lane in LIMITED:
        if lane in ready | limited and _let_in(connection, lane, model.stream):
            ready.add(lane)
    return ready


def unsent(connection: sa.Connection, lane: Lane | None, limit: int) -> list[AnyJob]:
    query = (
        sa.select(outbox.c.body)
        .where(
            outbox.c.lane.in_([lane] if lane else list(Lane)), outbox.c.place == OutboxPlace.READY
        )
        .order_by(outbox.c.number)
        .limit(limit)
    )
    return [job_codec.decode(body) for body in connection.scalars(query)]


def mark_sent(connection: sa.Connection, ids: Sequence[str]) -> None:
    """Mark jobs as sent: one with a rank stays and counts until it is done, others are deleted."""
    rows = outbox.c.id_digest.in_([digest(each) for each in ids])
    connection.execute(sa.delete(outbox).where(rows, outbox.c.rank.is_(None)))
    connection.execute(sa.update(outbox).where(rows).values(place=OutboxPlace.SENT))


def done(connection: sa.Connection, job: Job) -> bool:
    """Free the job's place; return whether another one of its stream may be sent now."""
    found = connection.execute(sa.delete(outbox).where(outbox.c.id_digest == digest(job.id)))
    return bool(found.rowcount) and _let_in(connection, job.lane, job.stream)


def is_counted(job: Job) -> bool:
    return isinstance(job, RunStep) or (isinstance(job, ShowCard) and job.card == MANY_BY_ONE_PUSH)


def _put(connection: sa.Connection, job: Job, model: Model) -> None:
    """Add the job, unless one with its id is still there, which is the same work.

    A card that waits for its turn will show the newest state, so that one job of it is enough, too.
    """
    about, rank = _about(job), _rank(job, model)
    same = outbox.c.id_digest == digest(job.id)
    if isinstance(job, ShowCard):
        waits = sa.and_(outbox.c.lane == Lane.CARDS, outbox.c.place == OutboxPlace.WAITING)
        same = sa.or_(same, sa.and_(outbox.c.about == about, waits))
    if connection.scalar(sa.select(outbox.c.number).where(same).limit(1)) is not None:
        return
    row = {
        "id": job.id,
        "id_digest": digest(job.id),
        "body": job_codec.encode(job),
        "lane": job.lane,
        "stream": job.stream,
        "about": about,
        "place": OutboxPlace.READY if rank is None else OutboxPlace.WAITING,
        "rank": rank,
    }
    connection.execute(sa.insert(outbox).values(row))


def _let_in(connection: sa.Connection, lane: Lane, stream: Stream) -> bool:
    """Mark as READY the jobs whose turn it is; return whether there are any."""
    mine = (outbox.c.lane == lane, outbox.c.stream == stream)
    counted = (
        *mine,
        outbox.c.place.in_((OutboxPlace.READY, OutboxPlace.SENT)),
        outbox.c.rank.is_not(None),
    )
    there = sa.select(outbox.c.number).where(*counted).limit(MOST_AT_ONCE)
    free = MOST_AT_ONCE - len(connection.scalars(there).all())
    if free <= 0:
        return False
    waiting = sa.select(outbox.c.number).where(*mine, outbox.c.place == OutboxPlace.WAITING)
    chosen = waiting.order_by(outbox.c.rank, outbox.c.number).limit(free)
    numbers = connection.scalars(chosen).all()
    if numbers:
        update = sa.update(outbox).where(outbox.c.number.in_(numbers))
        connection.execute(update.values(place=OutboxPlace.READY))
    return bool(numbers)


def _forget_old_steps(connection: sa.Connection, model: Model, release: ReleaseId) -> None:
    """Delete all but the step that the release waits for: nobody wants the others' results."""
    known = model.releases.get(release)
    old = sa.delete(outbox).where(
        outbox.c.about == _short(release),
        outbox.c.lane == Lane.STEPS,
        outbox.c.stream == model.stream,
        outbox.c.rank.is_not(None),
    )
    current = _current(model.stream, known) if known else ""
    connection.execute(old.where(outbox.c.id_digest != digest(current)))


def _current(stream: Stream, release: Release) -> str:
    run = release.current_step()
    if run is None or run.finished is not None or release.state not in RUNNING:
        return ""
    return step_job(stream, release.id, run.step, run.attempt, run.stage).id


def _rank(job: Job, model: Model) -> int | None:
    """Return the rank, None for a job that never waits; a candidate for production is FIRST."""
    if not is_counted(job):
        return None
    name = job.subject if isinstance(job, ShowCard) else getattr(job, "release", "")
    release = model.releases.get(ReleaseId(name))
    return FIRST if release is not None and release.is_candidate else LATER


def _about(job: Job) -> str:
    if isinstance(job, ShowCard):
        return _short(f"{job.card}/{job.subject}")
    return _short(str(getattr(job, "release", "")))


def _short(text: str) -> str:
    """Return a digest of the text that is short enough for an index."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
