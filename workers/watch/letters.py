"""Tell of every dead letter that the queues hold, whoever buried it, and send one again."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec

from core import jobs
from core.desk import Desk, Letter, letter_id
from core.errors import RefusedByStoreError, UnavailableError, VersionConflictError
from core.events.codec import decode_batch, kind
from core.events.desk import LetterBuried, LetterGone
from core.handle import Handle
from core.jobs import (
    AnyJob,
    CancelStep,
    Lane,
    ObserveRegistries,
    ObserveRegistry,
    RedriveLetter,
    RunStep,
    ShowCard,
)
from core.ports import DeadLetter, Ledger, Message, Queue
from core.words import ReleaseId

log = logging.getLogger(__name__)

LOOKED_AT: Final = 1000  # of one queue, the oldest: the others come when these are gone

Bury = Callable[[Message, str], Awaitable[None]]
UNREADABLE: Final = "a message that cannot be read: it is none of ours, or of another version"
LONGEST: Final = 500  # characters of what others may have written
KINDS: Final = 5


class LetterWatch:
    """What a queue holds is what is told: a burial fails by nothing, and one by the broker counts.

    ``bury`` is told first of a letter that is new here; a repeat tells the same again.
    """

    def __init__(
        self, handle: Handle, ledger: Ledger, queues: Mapping[str, Queue], bury: Bury
    ) -> None:
        self._handle = handle
        self._ledger = ledger
        self._queues = queues
        self._bury = bury

    async def look(self) -> None:
        """A queue that does not answer hides no letter of another one."""
        down: UnavailableError | None = None
        for queue in self._queues:
            try:
                await self._look(queue)
            except UnavailableError as error:
                down = error
        if down is not None:
            raise down

    async def redrive(self, job: RedriveLetter) -> None:
        """A repeat finds none; what died again meanwhile waits for somebody to say so again.

        A crash while it was given back may have left it twice: both are the same work.
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
        """The desk is read first: what is told of meanwhile is missed by nobody."""
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
            await self._handle(buried(queue, letter))

    async def _tell_gone(self, queue: str, desk: Desk, there: set[str]) -> None:
        """Somebody took it away at the broker."""
        for letter in desk.open_letters():
            if letter.queue == queue and letter.message not in there:
                with _hidden_alone(queue, letter.message):
                    await self._handle(_gone(letter, self._handle))


@contextmanager
def _hidden_alone(queue: str, message: str) -> Iterator[None]:
    """A letter that the store refuses keeps nobody from hearing of the others."""
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
    """Tell of a dead letter by the same event at each look.

    A letter that was sent again and died again is another one.
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
    release = job.release if isinstance(job, RunStep | CancelStep) else ReleaseId("")
    return _job(job), release


def _job(job: AnyJob) -> str:
    match job:
        case RunStep():
            return f"the step {job.step} of {job.release}, attempt {job.attempt}, on {job.stage}"
        case CancelStep():
            return f"the end of the step {job.step} of {job.release}, attempt {job.attempt}"
        case ShowCard():
            return f"the card {job.card} of {job.subject}"
        case ObserveRegistry():
            return f"a look at the model {job.model} in the registry"
        case ObserveRegistries():
            return "a look at all models in the registry"
        case RedriveLetter():
            return f"the sending again of {job.message} in {job.queue}"


def _delivery(body: bytes) -> str:
    """What one delivery brought; of its events only their kinds are said."""
    try:
        events = decode_batch(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE
    if not events:
        return "a delivery that brought nothing"
    first = events[0]
    kinds = [*dict.fromkeys(map(kind, events))][:KINDS]
    delivery = f"delivery {first.delivery[:64]}" if first.delivery else "an event"
    return f"{delivery} of {first.source}: {', '.join(kinds)} ({first.id})"
