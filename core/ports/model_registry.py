"""The model registry port: versions and who holds a stage."""

from collections.abc import Mapping
from typing import Protocol

from core.artifact import Artifact
from core.results import Registered
from core.words import ReleaseId, Stage


class ModelRegistry(Protocol):
    """How a stage is represented (alias, tag or registry stage) is the adapter's own affair."""

    async def find(self, model: str, release: ReleaseId) -> Registered | None:
        """The version of this release; None where there is none yet."""

    async def register(
        self, model: str, release: ReleaseId, run: str, tags: Mapping[str, str]
    ) -> Registered:
        """The version of this release is found again by the release's tag, and never doubled."""

    async def read(self, model: str, version: str) -> Artifact:
        """Read the version's artifact again, so that a change since then is seen.

        Raise UnknownNameError for a version that is not there, and GoneError when its files are
        not there any more.
        """

    async def holders(self, model: str) -> dict[Stage, str] | None:
        """The version that holds each stage ("" for none); None when there is no such model."""

    async def all_holders(self) -> dict[str, dict[Stage, str]]:
        """The same of every model, by name: asked once, however many there are."""

    async def place(self, model: str, version: str, stage: Stage, release: ReleaseId) -> str:
        """Make the version the holder and read it back; return the version that held it before.

        Placing the present holder again changes nothing and returns the earlier holder as noted.
        """

    async def ping(self) -> None:
        """Ask for something small. Raise UnavailableError when the registry does not answer."""
