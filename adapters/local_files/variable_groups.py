"""GBI's variable groups on one machine: the sections of gbi_variables.yml."""

from collections.abc import Mapping
from typing import Final

from core.words import Stage

COMMON: Final = "common"


class VariableSections:
    """Implements ``core.ports.VariableGroups``; without a file, ``sections`` is None.

    The section ``common`` is for every stage; each other one is for the stage that it is named by.
    """

    def __init__(self, sections: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._sections = sections

    async def variables(self, stage: Stage) -> dict[str, str] | None:
        if self._sections is None:
            return None
        return {**self._sections.get(COMMON, {}), **self._sections.get(stage.value, {})}
