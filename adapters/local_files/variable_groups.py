"""GBI's variable groups on one machine: the sections of gbi_variables.yml."""

from collections.abc import Mapping
from typing import Final

from core.words import Stage

COMMON: Final = "common"


class VariableSections:
    """``sections`` are the one for every stage and one per stage; None where there is no file."""

    def __init__(self, sections: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._sections = sections

    async def variables(self, stage: Stage) -> dict[str, str] | None:
        if self._sections is None:
            return None
        return {**self._sections.get(COMMON, {}), **self._sections.get(stage.value, {})}
