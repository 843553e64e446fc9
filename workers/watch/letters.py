"""Tells of every dead letter in the queues, whoever put it there, and sends one again."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from core import jobs
from core.desk import Desk, Letter, letter_id
from core.errors import DECODE_ERRORS, RefusedByStoreError, UnavailableError, VersionConflictError
from core.events.codec import decode_batch, kind
from core.events.desk import LetterBuried, LetterGone
from core.handle import Handle
from core.jobs import (
    AnswerCheckpoint,
    AnswerComment,
    AnyJob,
    CancelStep,
    EndTracking,
    Lane,
    ObserveRegistries,
    ObserveRegistry,
    ReadCheckpoint,
    RedriveLetter,
    RunStep,
    ShowCard,
    ShowReview,
)
from core.origin import EventOrigin
from core.ports import DeadLetter, Ledger, Message, Queue
from core.words import ReleaseId

log = logging.getLogger(__name__)

# Only the oldest of a queue are read; the others follow when these are gone.
LOOKED_AT: Final = 1000

Bury = Callable[[Message, str], Awaitable[None]]
UNREADABLE: Final = "a message that cannot be read: it is none of ours, or of another version"
LONGEST: Final = 500  # Characters; longer texts of others are cut off.
KINDS: Final = 5
ABOUT: Final[dict[type[AnyJob], str]] = {
    RunStep: "the step {job.step} of {job.release}, attempt {job.attempt}, on {job.stage}",
    CancelStep: "the end of the step {job.step} of {job.release}, attempt {job.attempt}",
    EndTracking: "the end of the run of {job.release} in the tracking server",
    AnswerComment: "the answer to comment {job.comment} of thread {job.thread} in pull request "
    "{job.pull_request}",
    ShowReview: "what the host of git is told of {job.release}",
    ShowCard: "the card {job.card} of {job.subject}",
    ObserveRegistry: "a look at the model {job.model} in the registry",
    ObserveRegistries: "a look at all models in the registry",
    RedriveLetter: "the sending again of {job.message} in {job.queue}",
    ReadCheckpoint: "a look at what a pipeline waits for ({job.checkpoint})",
    AnswerCheckpoint: "the answer to a pipeline that waits ({job.checkpoint})",
}
OF_RELEASE: Final = (RunStep, CancelStep, EndTracking, ShowReview)


class LetterWatch:
    """Compares the queues' dead letters with the desk, so that no letter goes untold.

    The queues are the truth: a burial that failed to tell, or that a broker made itself, shows at
    the next look. ``bury`` is called first for each new letter, and may be repeated.
    """

    def __init__(
        self, handle: Handle, ledger: Ledger, queues: Mapping[str, Queue], bury: Bury
    ) -> None:
        self._handle = handle
        self._ledger = ledger
        self._queues = queues
        self._bury = bury

    async def look(self) -> None:
        """Look at every queue; one that does not answer must not hide the letters of another."""
        down: UnavailableError | None = None
        for queue in self._queues:
            try:
                await self._look(queue)
            except UnavailableError as error:
                down = error
        if down is not None:
            raise down

    async def redrive(self, job: RedriveLetter) -> None:
        """Send a letter again, unless it is gone or died again after the job was made.

        A crash while it was given back may have left it twice, which is harmless: both are the same
        work.
        """
        queue, wanted = self._queues[job.queue], letter_id(job.queue, job.message)
        for letter in await queue.dead_letters(LOOKED_AT):
            name = letter.message.id
            if letter_id(job.queue, name) != wanted or letter.since > job.since:
                continue
            if await queue.redrive(name):
                extra = {"action": "redriven", "queue": job.queue, "message_id": name}
                log.info("sent again", extra=extra)

    async def _look(self, queue: str) -> None:
        """Tell new letters and gone ones.

        The desk is read first, so that a letter told in between is at worst told twice.
        """
        desk = await self._ledger.desk()
        found = await self._queues[queue].dead_letters(LOOKED_AT)
        for letter in found:
            if not _is_known(desk, queue, letter):
                await self._tell(queue, letter)
        if len(found) < LOOKED_AT:
            await self._tell_gone(queue, desk, {letter.message.id for letter in found})

    async def _tell(self, queue: str, letter: DeadLetter) -> None:
        with _hidden_alone(queue, letter.message.id):
            await self._bury(letter.message, letter.reason)
            await self._handle(buried(queue, letter), EventOrigin.WORKER)

    async def _tell_gone(self, queue: str, desk: Desk, there: set[str]) -> None:
        """Tell of letters that somebody has removed at the broker."""
        for letter in desk.open_letters():
            if letter.queue == queue and letter.message not in there:
                with _hidden_alone(queue, letter.message):
                    await self._handle(_gone(letter, self._handle), EventOrigin.WORKER)


@contextmanager
def _hidden_alone(queue: str, message: str) -> Iterator[None]:
    """Log a letter that the store refuses, so that it does not hide the others."""
    try:
        yield
    except (RefusedByStoreError, VersionConflictError) as error:
        extra = {"action": "letter_untold", "queue": queue, "message_id": message}
        log.warning("%s", error, extra=extra)


def _is_known(desk: Desk, queue: str, letter: DeadLetter) -> bool:
    known = desk.letters.get(letter_id(queue, letter.message.id))
    return known is not None and known.since == letter.since


def _gone(letter: Letter, handle: Handle) -> LetterGone:
    return LetterGone(
        id=f"gone/{letter.id}/{letter.since.isoformat()}",
        time=handle.context().now,
        queue=letter.queue,
        message=letter.message,
        since=letter.since,
    )


def buried(queue: str, letter: DeadLetter) -> LetterBuried:
    """Make the event for a dead letter, with the same id at each look.

    A letter that was sent again and died again counts as another one.
    """
    about, release = _about(queue, letter.message.body)
    since, message = letter.since, letter.message.id
    return LetterBuried(
        id=f"buried/{queue}/{message}/{since.isoformat()}",
        time=since,
        queue=queue,
        message=message,
        reason=letter.reason[:LONGEST] or "no reason is known",
        about=about[:LONGEST],
        release=release,
    )


def _about(queue: str, body: bytes) -> tuple[str, ReleaseId]:
    if queue == Lane.EVENTS:
        return _delivery(body), ReleaseId("")
    job = jobs.find(body)
    if job is None:
        return UNREADABLE, ReleaseId("")
    release = job.release if isinstance(job, OF_RELEASE) else ReleaseId("")
    return ABOUT[type(job)].format(job=job), release


def _delivery(body: bytes) -> str:
    """Describe a delivery by the kinds of its events only."""
    try:
        events = decode_batch(body)
    except DECODE_ERRORS:
        return UNREADABLE
    if not events:
        return "a delivery that brought nothing"
    first = events[0]
    kinds = [*dict.fromkeys(map(kind, events))][:KINDS]
    delivery = f"delivery {first.delivery[:64]}" if first.delivery else "an event"
    return f"{delivery} of {first.source}: {', '.join(kinds)} ({first.id})"
