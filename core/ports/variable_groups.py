"""The variable groups port: the values that GBI fills in for every model."""

from typing import Protocol

from core.words import Stage


class VariableGroups(Protocol):
    async def variables(self, stage: Stage) -> dict[str, str] | None:
        """The stage has these names and values, of a secret its name; None without any groups."""
