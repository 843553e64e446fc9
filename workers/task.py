"""The types of a step: its task, and its wish to be called again later."""

from collections.abc import Awaitable, Callable

import msgspec

from core.jobs import CancelStep, RunStep
from core.release.model import Model
from core.release.release import Release
from core.results import Result
from core.words import ReleaseId
from workers.services import Services


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a step of a release, with the state that it starts from."""

    job: RunStep
    model: Model
    release: Release

    @property
    def key(self) -> str:
        return attempt_key(self.job)

    @property
    def is_retry(self) -> bool:
        return self.job.attempt > 1


def attempt_key(job: RunStep | CancelStep) -> str:
    """Return the key of the run on the platform, the same for every repeat of this attempt."""
    return f"{job.release}/{job.step}/{job.stage}/{job.attempt}"


def tracking_key(release: ReleaseId) -> str:
    """Return the key of the release's run in the tracking server, which all its attempts share."""
    return f"mlflow/{release}"


class Later(msgspec.Struct, frozen=True):
    """The step goes on outside: look again after ``seconds``. ``note`` says what it does now."""

    seconds: float
    note: str = ""


Run = Callable[[Task, Services], Awaitable[Result | Later]]
