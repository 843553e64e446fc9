"""GBI's variable groups on one machine: the sections of gbi_variables.yml."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from core.gate.endpoints import Endpoints
from core.gate.groups import StageGroups, merged
from core.words import Stage

COMMON: Final = "common"


class VariableSections:
    """Implements ``core.ports.VariableGroups``; without a file, ``sections`` is None.

    The section ``common`` is for every stage; each other one is for the stage that it is named by.
    """

    def __init__(self, sections: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._sections = sections

    async def of_stages(
        self, _repository: str, _since: datetime
    ) -> Mapping[Stage, StageGroups] | None:
        if self._sections is None:
            return None
        return sections_of(self._sections)


class NoServiceEndpoints:
    """Implements ``core.ports.ServiceEndpoints`` where there is nothing to sign in to."""

    async def endpoints(self, _repository: str, _since: datetime) -> Endpoints | None:
        return None


def sections_of(sections: Mapping[str, Mapping[str, str]]) -> dict[Stage, StageGroups]:
    common = sections.get(COMMON, {})
    return {stage: merged((common, sections.get(stage.value, {}))) for stage in Stage}
