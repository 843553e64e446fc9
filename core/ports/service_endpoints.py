"""The service endpoints port: the service connections of a repository's project."""

from datetime import datetime
from typing import Protocol

from core.gate.endpoints import Endpoints


class ServiceEndpoints(Protocol):
    async def endpoints(self, repository: str, since: datetime) -> Endpoints | None:
        """Those of the repository's project, by its host's id; None where there are none at all.

        What was read before ``since`` is not good enough. A missing right is in the answer, in
        words.
        """
