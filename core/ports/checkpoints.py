"""The checkpoints port: what pipelines of the host of git wait for, and what we say to it."""

from collections.abc import Collection
from typing import Protocol

from core.checkpoint import PipelineDecision, SeenCheckpoint


class Checkpoints(Protocol):
    """One kind of checkpoint. ``checkpoint`` is its name here, as in core/checkpoint.py.

    Each method raises StepFailedError where the host does not let us, and GoneError for what it
    does not have, or does not show us.
    """

    async def look(self, checkpoint: str) -> SeenCheckpoint:
        """Return it as the host has it now: nothing of it is taken from a delivery."""

    async def answer(self, shown: SeenCheckpoint, decision: PipelineDecision) -> SeenCheckpoint:
        """Say once what was decided about what was shown, and return it as it is then.

        It is read first. Nothing is said where it does not wait any more, has our answer already,
        or is about something else by now: so it may be asked again after a kill or a time-out.
        """

    async def waiting(self, projects: Collection[str]) -> tuple[str, ...]:
        """Return the names of all that wait in these projects of the host; few calls each."""
