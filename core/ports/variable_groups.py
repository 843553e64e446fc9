"""The variable groups port: the values that GBI fills in for the models of a repository."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from core.gate.groups import StageGroups
from core.words import Stage


class VariableGroups(Protocol):
    async def of_stages(
        self, repository: str, since: datetime
    ) -> Mapping[Stage, StageGroups] | None:
        """What every stage has for a repository, by its host's id; None without any groups.

        What was read before ``since`` is not good enough: that is when somebody pushed or pressed,
        and what they had changed until then is seen. A group that is not there, or that may not be
        read, is in the answer, in words.
        """
