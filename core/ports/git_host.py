"""The git host port: the commits of a repository, their files, and who wrote them."""

from typing import Protocol

from core.gate.checks import ModelRepo
from core.gate.facts import PastFile
from core.results import Commit, Written


class GitHost(Protocol):
    """It only reads. ``repository`` is the host's id, as in platform.yml.

    Each method raises CommitGoneError for a commit that is not there, or is no commit's id.
    """

    async def files(self, repository: str, commit: str) -> ModelRepo:
        """The commit has these files; links are listed, and never followed."""

    async def commits(
        self, repository: str, commit: str, since: str = "", *, limit: int = 0
    ) -> tuple[Commit, ...]:
        """``commit`` has these and ``since`` has not, newest first; all of them without it.

        Of more than ``limit`` the newest; 0 is no limit.
        """

    async def who_wrote(self, repository: str, commit: str, path: str, text: str) -> Written | None:
        """The newest commit that brought ``text`` into a file of ``commit``, if any did."""

    async def changed_files(self, repository: str, commit: str, since: str) -> tuple[str, ...]:
        """These paths differ between the two; without ``since`` every file counts as changed."""

    async def past_files(
        self, repository: str, commit: str, since: str, limit: int
    ) -> tuple[PastFile, ...]:
        """The commits after ``since`` brought these, and ``commit`` no longer has them.

        The oldest comes first, and each content once, at the commit that brought it first; of more
        than ``limit`` the newest. Without ``since`` the whole history counts. Links are left out.
        """
