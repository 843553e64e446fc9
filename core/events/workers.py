"""Events from the workers."""

from datetime import datetime
from typing import ClassVar

from core.checkpoint import SeenCheckpoint
from core.contributors import Contributors
from core.events.base import Event
from core.gate.checks import CheckResult
from core.results import Result
from core.words import ReleaseId, Stage, Step


class StepFinished(Event, frozen=True, kw_only=True):
    release: ReleaseId
    step: Step
    attempt: int
    stage: Stage = Stage.TST
    result: Result
    started: datetime | None = None


class StepProgressed(Event, frozen=True, kw_only=True):
    """A step that is under work does something else now, such as building its environment."""

    release: ReleaseId
    step: Step
    attempt: int
    stage: Stage = Stage.TST
    note: str


class ChecksReported(Event, frozen=True, kw_only=True):
    """The quick checks of a commit have answered; ``waiting`` names those that take longer."""

    release: ReleaseId
    attempt: int
    checks: tuple[CheckResult, ...]
    waiting: tuple[str, ...] = ()


class RegistryObserved(Event, frozen=True, kw_only=True):
    """What the registry held when it was read: stage to version ("" for none).

    ``known`` is the version of the stream before the reading began: what came after it may have
    moved a stage while it was read. A clock cannot tell that, for another worker has another one.
    """

    model: str
    holders: dict[Stage, str]
    read_at: datetime
    is_missing: bool = False
    known: int = 0


class JobDeadLettered(Event, frozen=True, kw_only=True):
    release: ReleaseId
    job: str
    reason: str


class CheckpointSeen(Event, frozen=True, kw_only=True):
    """What a pipeline waits for, as the host of git had it when it was read.

    ``contributors`` is None where they could not be counted then.
    """

    is_for_desk: ClassVar[bool] = True

    seen: SeenCheckpoint
    contributors: Contributors | None = None


class AnswerDelayed(Event, frozen=True, kw_only=True):
    """The host of git has not taken what was decided about a pipeline, and why."""

    is_for_desk: ClassVar[bool] = True

    checkpoint: str
    problem: str
