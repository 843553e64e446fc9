"""The machine learning platform port: runs that outlive us."""

from enum import StrEnum
from typing import Protocol

import msgspec

from core.gate.checks import ModelRepo
from core.words import ModelType, ReleaseId, Stage, Step


class RunSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one release on the platform. ``key`` makes starting it idempotent.

    ``code`` is the model repository; ``source_path`` the folder of train.py and score.py in it.
    ``environment`` is the environment file's name and text. ``dataset`` is the dataset template's
    text. ``version`` is set for promote: the registered version to load and score with.
    """

    key: str
    release: ReleaseId
    step: Step
    stage: Stage
    model: str
    model_type: ModelType
    code: ModelRepo
    source_path: str
    environment: tuple[str, str]
    dataset: str
    run: str  # the MLflow run that the release's steps share
    version: str = ""
    time_limit_s: float = 1800.0
    memory_limit_mb: int = 4096


class RunState(StrEnum):
    PREPARING = "preparing"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the step handed back; only the fields that its kind has."""

    data_fingerprint: str = ""
    rows: int = 0
    metrics: dict[str, float] = {}
    artifact_digest: str = ""
    seconds: float = 0.0


class RunLook(msgspec.Struct, frozen=True, kw_only=True):
    """``reason`` says why a failed run failed, to a person.

    ``note`` says in a few words what a run does now; each change is an event, a handful a run.
    ``look_again_s``: until then there is hardly anything new.
    """

    state: RunState
    note: str = ""
    reason: str = ""
    outcome: RunOutcome | None = None
    look_again_s: float = 1.0


class MLPlatform(Protocol):
    async def start(self, spec: RunSpec) -> str:
        """Start the run of this key, or find the one that was started; return its id."""

    async def look(self, run: str) -> RunLook: ...

    async def log(self, run: str, offset: int = 0) -> bytes:
        """The log from ``offset`` on, scrubbed of secrets; at most 256 KB a call."""

    async def cancel(self, run: str) -> None:
        """End the run and all its processes; a run that has ended stays as it is."""
