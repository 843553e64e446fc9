"""The machine learning platform port: runs that outlive us."""

from enum import StrEnum
from typing import Protocol

import msgspec

from core.gate.checks import ModelRepo
from core.gate.tools import Level
from core.words import ModelType, ReleaseId, RunId, Stage, Step


class RunSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one release on the platform. ``key`` makes starting it idempotent.

    ``code`` is the model repository at ``commit``; ``source_path`` the folder of train.py and
    score.py in it. ``environment`` is the environment file's name and text. ``dataset`` is the
    dataset template's text. ``variables`` are those of ``stage`` alone, with names of secrets and
    never a secret. ``version`` is set for promote: the registered version to load and score with.
    ``weakest`` is the weakest sandbox that policy allows for the model's code.
    ``hosts`` are those of which a requirement may name a wheel by its address.
    """

    key: str
    release: ReleaseId
    commit: str
    step: Step
    stage: Stage
    model: str
    model_type: ModelType
    code: ModelRepo
    source_path: str
    environment: tuple[str, str]
    dataset: str
    variables: dict[str, str]
    tracking_run: str  # the steps of a release share it
    version: str = ""
    time_limit_s: float = 1800.0
    memory_limit_mb: int = 4096
    weakest: Level = Level.NAMESPACES
    hosts: tuple[str, ...] = ()


class RunState(StrEnum):
    PREPARING = "preparing"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a step has handed back; what it does not have, such as metrics, is left empty.

    ``level`` is how the model's code was shut in, None where nobody knows.
    """

    data_fingerprint: str = ""
    rows: int = 0
    metrics: dict[str, float] = {}
    artifact_digest: str = ""
    seconds: float = 0.0
    level: Level | None = None


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
    """A run's id says which platform has it, so that a second one leaves it alone.

    Each method that takes an id raises UnknownNameError for a run that is not on this platform.
    """

    async def start(self, spec: RunSpec) -> RunId:
        """Start the run of this key, or find the one that was started; return its id."""

    async def look(self, run: RunId) -> RunLook:
        """Say how far the run is, or how it has ended."""

    async def log(self, run: RunId, offset: int = 0) -> bytes:
        """The log from ``offset`` on, scrubbed of secrets; at most 256 KB a call."""

    async def cancel(self, run: RunId) -> None:
        """End the run and all its processes; a run that has ended stays as it is."""
