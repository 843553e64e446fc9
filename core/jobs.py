"""Slow work, asked for by the flow: keyed, small, and safe to run twice."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from core.errors import DECODE_ERRORS
from core.words import ReleaseId, Stage, Step, Stream, message_id


class Lane(StrEnum):
    """The queues. What waits in one delays nothing in another."""

    EVENTS = "events"  # what deliveries brought; the others carry jobs
    CARDS = "cards"
    STEPS = "steps"
    OBSERVE = "observe"
    REVIEWS = "reviews"  # what the host of git is told


class Job(msgspec.Struct, frozen=True, kw_only=True, tag_field="job"):
    """``id`` is natural; a later look at the same work raises ``look``."""

    lane: ClassVar[Lane]

    id: str
    stream: Stream
    look: int = 0

    def message_id(self) -> str:
        """Each look has an id of its own: duplicate detection would drop the same one."""
        return message_id(f"{self.id}~{self.look}" if self.look else self.id)


class RunStep(Job, frozen=True, kw_only=True):
    lane = Lane.STEPS

    release: ReleaseId
    step: Step
    attempt: int
    stage: Stage = Stage.TST


class CancelStep(Job, frozen=True, kw_only=True):
    lane = Lane.STEPS

    release: ReleaseId
    step: Step
    attempt: int
    stage: Stage = Stage.TST


class EndTracking(Job, frozen=True, kw_only=True):
    """Show in the tracking server that the release has ended, which never keeps the release."""

    lane = Lane.OBSERVE

    release: ReleaseId


class ShowCard(Job, frozen=True, kw_only=True):
    """Bring one card up to date: ``card`` names the kind, ``subject`` the thing that it shows."""

    lane = Lane.CARDS

    card: str
    subject: str


class ShowReview(Job, frozen=True, kw_only=True):
    """Bring up to date what the host of git says of a release: its status, remarks and tests."""

    lane = Lane.REVIEWS

    release: ReleaseId


class AnswerComment(Job, frozen=True, kw_only=True):
    """Read a comment of a pull request at its host, and answer it there if it is a command."""

    lane = Lane.REVIEWS

    repository: str
    pull_request: int
    thread: int
    comment: int


class ObserveRegistry(Job, frozen=True, kw_only=True):
    """Read who holds the stages of one model: something hinted at a change."""

    lane = Lane.OBSERVE

    model: str


class ObserveRegistries(Job, frozen=True, kw_only=True):
    """Look at all models at once, since hints may be lost."""

    lane = Lane.OBSERVE


class RedriveLetter(Job, frozen=True, kw_only=True):
    """Send a dead letter again; one that died later than ``since`` is another one."""

    lane = Lane.OBSERVE

    queue: str
    message: str
    since: datetime


class ReadCheckpoint(Job, frozen=True, kw_only=True):
    """Read what a pipeline waits for: something hinted at it. ``checkpoint`` is its name here."""

    lane = Lane.REVIEWS

    checkpoint: str


class AnswerCheckpoint(Job, frozen=True, kw_only=True):
    """Tell the host of git what was decided here about a pipeline that waits.

    ``is_repeated``: the host asks once more, whatever it was told before.
    """

    lane = Lane.REVIEWS

    checkpoint: str
    is_repeated: bool = False


AnyJob = (
    RunStep
    | CancelStep
    | EndTracking
    | ShowCard
    | ShowReview
    | AnswerComment
    | ObserveRegistry
    | ObserveRegistries
    | RedriveLetter
    | ReadCheckpoint
    | AnswerCheckpoint
)

_decoder: msgspec.json.Decoder[AnyJob] = msgspec.json.Decoder(AnyJob)


def encode(job: Job) -> bytes:
    return msgspec.json.encode(job)


def decode(data: bytes) -> AnyJob:
    return _decoder.decode(data)


def find(data: bytes) -> AnyJob | None:
    """The job in a message that may be somebody else's, and hold anything."""
    try:
        return decode(data)
    except DECODE_ERRORS:
        return None


def cancel_job(
    stream: Stream, release: ReleaseId, step: Step, attempt: int, stage: Stage
) -> CancelStep:
    return CancelStep(
        id=f"cancel/{release}/{step}/{stage}/{attempt}",
        stream=stream,
        release=release,
        step=step,
        attempt=attempt,
        stage=stage,
    )


def step_job(stream: Stream, release: ReleaseId, step: Step, attempt: int, stage: Stage) -> RunStep:
    return RunStep(
        id=f"step/{release}/{step}/{stage}/{attempt}",
        stream=stream,
        release=release,
        step=step,
        attempt=attempt,
        stage=stage,
    )
