"""The event that tells of a dead letter, with what it was about in words, whatever it holds."""

from typing import Final

import msgspec

from core import jobs
from core.events.codec import decode_batch, kind
from core.events.desk import LetterBuried
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
from core.ports import DeadLetter
from core.words import ReleaseId

UNREADABLE: Final = "a message that cannot be read: it is none of ours, or of another version"
LONGEST: Final = 500  # characters of what others may have written
KINDS: Final = 5


def buried(queue: str, letter: DeadLetter) -> LetterBuried:
    """The same event at each look; who was sent again and died again is another one."""
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
