"""The variable groups port: the values that GBI fills in for every model."""

from typing import Protocol

from core.words import Stage


class VariableGroups(Protocol):
    async def variables(self, stage: Stage) -> dict[str, str] | None:
        """The names and values of a stage, where a secret is its name; None without any groups."""
