"""The tracking port: the run of a release, in which its steps leave metrics and the model."""

from collections.abc import Mapping
from typing import Protocol

from core.artifact import Artifact
from core.words import ReleaseId, TrackedState


class Tracking(Protocol):
    """It may lie elsewhere than the registry that versions go to."""

    async def open_run(self, model: str, release: ReleaseId, tags: Mapping[str, str]) -> str:
        """The run of a release is found again by the release's tag, and never doubled.

        Raise StepFailedError for a name that no experiment can have.
        """

    async def logged(self, run: str) -> Artifact:
        """The newest model that the run has logged, file by file.

        Raise UnknownNameError without such a run, and StepFailedError where it has logged none.
        """

    async def metrics(self, run: str) -> dict[str, float]:
        """The newest value of each metric of the run.

        A run that was deleted is
        unknown, as one that never was: raise UnknownNameError.
        """

    async def mark(self, run: str, state: TrackedState) -> None:
        """Show this as the state of the run; marking twice is marking once.

        Raise UnknownNameError for a run that is not there.
        """
