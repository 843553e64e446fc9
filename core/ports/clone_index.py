"""The clone index port: which code the repositories of the organisation have, as fingerprints.

The code itself is never kept: what comes out of the index can be compared, and not be read.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

import msgspec

from core.gate.sketch import Sketch


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A content that shares fingerprints: ``paths`` maps each repository to a path of it there."""

    sketch: Sketch
    paths: dict[str, str]


class CloneIndex(Protocol):
    """A method raises UnavailableError when the index cannot be used now.

    It may be lost at any time, and then begins empty: each repository brings its code again.
    """

    async def repositories(self) -> tuple[str, ...]:
        """These repositories have kept something here."""

    async def files(self, repository: str) -> dict[str, Sketch]:
        """Each path has this sketch, as it was kept last."""

    async def replace(self, repository: str, files: Mapping[str, Sketch]) -> None:
        """Keep this and nothing else of the repository; without files it is forgotten."""

    async def look_up(self, prints: Collection[int], *, besides: str) -> list[Elsewhere]:
        """Other repositories share these: who shares most comes first, and only so many come."""
