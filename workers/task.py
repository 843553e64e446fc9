"""The types of a step: its task, and its wish to be called again later."""

from collections.abc import Awaitable, Callable

import msgspec

from core.jobs import CancelStep, RunStep
from core.release.model import Model
from core.release.release import Release
from core.results import Result
from workers.services import Services


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a step of a release, with the state that it starts from."""

    job: RunStep
    model: Model
    release: Release

    @property
    def key(self) -> str:
        return attempt_key(self.job)


def attempt_key(job: RunStep | CancelStep) -> str:
    """Return the key of the run on the platform, the same for every repeat of this attempt."""
    return f"{job.release}/{job.step}/{job.stage}/{job.attempt}"


class Later(msgspec.Struct, frozen=True):
    """The step goes on outside: look again after ``seconds``. ``note`` says what it does now."""

    seconds: float
    note: str = ""


Run = Callable[[Task, Services], Awaitable[Result | Later]]
