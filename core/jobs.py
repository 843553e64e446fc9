"""Slow work, asked for by the flow: keyed, small, and safe to run twice."""

import hashlib
from typing import Final

import msgspec

from core.words import ReleaseId, Stage, Step, Stream

LONGEST_ID: Final = 128


class Job(msgspec.Struct, frozen=True, kw_only=True, tag_field="job"):
    """``id`` is natural; a later look at the same work raises ``look``."""

    id: str
    stream: Stream
    look: int = 0

    def message_id(self) -> str:
        """Unlike for each look: duplicate detection would drop the same id sent again.

        A long one is cut and told apart by its digest: Service Bus takes 128 characters.
        """
        text = f"{self.id}~{self.look}" if self.look else self.id
        if len(text) <= LONGEST_ID:
            return text
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return f"{text[: LONGEST_ID - len(digest) - 1]}~{digest}"


class RunStep(Job, frozen=True, kw_only=True):
    release: ReleaseId
    step: Step
    attempt: int
    stage: Stage = Stage.TST


class CancelStep(Job, frozen=True, kw_only=True):
    release: ReleaseId
    step: Step
    attempt: int
    stage: Stage = Stage.TST


class ShowCard(Job, frozen=True, kw_only=True):
    """Bring one card up to date: ``card`` names the kind, ``subject`` the thing that it shows."""

    card: str
    subject: str


class ObserveRegistry(Job, frozen=True, kw_only=True):
    model: str


AnyJob = RunStep | CancelStep | ShowCard | ObserveRegistry

_decoder: msgspec.json.Decoder[AnyJob] = msgspec.json.Decoder(AnyJob)


def encode(job: Job) -> bytes:
    return msgspec.json.encode(job)


def decode(data: bytes) -> AnyJob:
    return _decoder.decode(data)


def step_job(stream: Stream, release: ReleaseId, step: Step, attempt: int, stage: Stage) -> RunStep:
    return RunStep(
        id=f"step/{release}/{step}/{stage}/{attempt}",
        stream=stream,
        release=release,
        step=step,
        attempt=attempt,
        stage=stage,
    )
