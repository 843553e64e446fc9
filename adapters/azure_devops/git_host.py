"""The git host Azure DevOps: commits are fetched by their id into clones, and read from there."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import (
    CUT,
    LATE,
    MISSING,
    NOT_THERE,
    UNTRUSTED,
    NotThereError,
    Purpose,
    RightMissingError,
    busy,
    signed_out,
    silent,
    strange,
)
from adapters.azure_devops.places import RepositoryPlace, RepositoryPlaces
from adapters.azure_devops.pushers import Pushers
from adapters.azure_devops.rights import Right
from adapters.git.command import GONE, GitFailedError, commit_id, git_path
from adapters.git.commit_reader import CommitReader, with_pushers
from adapters.git.fetch import Failure, Fetch, FetchFailedError, Remote, network_of
from adapters.git.kept_clone import KeptClone
from adapters.git.kept_clones import KeptClones
from adapters.git.tree import DEFAULT_LIMITS, TreeLimits
from core.errors import (
    CommitGoneError,
    SlussError,
    StepFailedError,
    UnavailableError,
    UnknownNameError,
)
from core.gate.checks import ModelRepo
from core.gate.facts import PastFile
from core.platform import canonical_id
from core.results import Commit, Written

T = TypeVar("T")

FOLDER: Final = "clones_of_git"
PUSHERS: Final = "pushers"  # a file in the clone

FETCH: Final = "fetch commit {commit} of {name}"
REDIRECT: Final = "it leads git to another address, where the token does not go"

TOO_LARGE: Final = (
    "The history of {name} is too large to be fetched. Nothing was run; take data and models out "
    "of it, or begin a new repository."
)
MALFORMED: Final = (
    "git refuses an object in {name}, as it is malformed. Nothing was run; find it with "
    "`git fsck`, and push the branch without it."
)
NOT_BY_ID: Final = (
    "This server of Azure DevOps hands no commit over by its id, so that nothing of {name} can be "
    "read. Nothing was run; bring the server to a newer version."
)
DISK_FULL: Final = (
    "The disk with the clones is full, so that nobody could {what}. Nothing was lost; make room, "
    "and it is tried again by itself."
)


class AzureGitHost:
    """Implements ``core.ports.GitHost``; ``known`` gives the ids of our repositories there.

    It is asked each time, as platform.yml may grow. Without it every repository is read that the
    organisation shows us: a pipeline may wait that is of none of ours.
    """

    def __init__(
        self,
        azure: AzureDevOps,
        clones: KeptClones,
        known: Callable[[], Collection[str]] | None,
        *,
        limits: TreeLimits = DEFAULT_LIMITS,
    ) -> None:
        self._azure = azure
        self._clones = clones
        self._known = known
        self._limits = limits
        self._places = RepositoryPlaces(azure)

    async def files(self, repository: str, commit: str) -> ModelRepo:
        return await self._read(repository, (commit,), lambda reader, _: reader.files(commit))

    async def commits(
        self, repository: str, commit: str, since: str = "", *, limit: int = 0
    ) -> tuple[Commit, ...]:
        async def read(reader: CommitReader, clone: KeptClone) -> tuple[Commit, ...]:
            found = await reader.commits(commit, since, limit=limit)
            return with_pushers(found, await self._pushers(repository, clone, found))

        return await self._read(repository, (commit, since), read)

    async def who_wrote(self, repository: str, commit: str, path: str, text: str) -> Written | None:
        return await self._read(
            repository, (commit,), lambda reader, _: reader.who_wrote(commit, path, text)
        )

    async def changed_files(self, repository: str, commit: str, since: str) -> tuple[str, ...]:
        return await self._read(
            repository, (commit, since), lambda reader, _: reader.changed_files(commit, since)
        )

    async def past_files(
        self, repository: str, commit: str, since: str, limit: int
    ) -> tuple[PastFile, ...]:
        return await self._read(
            repository, (commit, since), lambda reader, _: reader.past_files(commit, since, limit)
        )

    async def tend(self) -> None:
        """Keep the clones small, and none of a repository that is no longer ours."""
        await self._clones.tend(self._ours() or ())

    def of_every_repository(self) -> "AzureGitHost":
        """Return one that reads the same clones, and repositories beside ours as well."""
        return AzureGitHost(self._azure, self._clones, None, limits=self._limits)

    def _ours(self) -> frozenset[str] | None:
        return None if self._known is None else frozenset(map(canonical_id, self._known()))

    async def _read(
        self,
        repository: str,
        commits: Collection[str],
        read: Callable[[CommitReader, KeptClone], Awaitable[T]],
    ) -> T:
        """Read from the clone, and from one that is made anew where it turns out to be damaged."""
        found = canonical_id(repository)
        ours = self._ours()
        if ours is not None and found not in ours:
            raise UnknownNameError("repository", repository)
        wanted = tuple(commit_id(commit) for commit in commits if commit)
        async with self._clones.opened(found) as clone:
            try:
                return await self._read_from(clone, found, wanted, read)
            except GitFailedError:
                damaged = clone
        await self._clones.set_aside(found, damaged)
        async with self._clones.opened(found) as clone:
            return await self._read_from(clone, found, wanted, read)

    async def _read_from(
        self,
        clone: KeptClone,
        repository: str,
        commits: tuple[str, ...],
        read: Callable[[CommitReader, KeptClone], Awaitable[T]],
    ) -> T:
        for commit in commits:
            if not await clone.has(commit):
                await self._fetched(
                    *(repository, commit),
                    partial(clone.bring_commit, commit, limits=self._limits),
                )

        async def bring(blobs: Collection[str]) -> Collection[str]:
            absent = await clone.absent(blobs)
            if not absent:
                return ()
            return await self._fetched(
                *(repository, commits[0]),
                lambda remote: clone.bring_blobs(absent, remote, self._limits),
            )

        return await read(CommitReader(clone.git, self._limits, bring), clone)

    async def _pushers(
        self, repository: str, clone: KeptClone, commits: Collection[Commit]
    ) -> Mapping[str, str]:
        place = await self._places.of(canonical_id(repository))
        pushers = Pushers(self._azure, clone.git.folder / PUSHERS)
        return await pushers.of(canonical_id(repository), place.name, [each.id for each in commits])

    async def _fetched(
        self, repository: str, commit: str, fetch: Callable[[Remote], Awaitable[T]]
    ) -> T:
        """Fetch where the repository is; where it is not there, look for it and fetch once more."""
        place = await self._places.of(repository)
        try:
            return await self._fetched_from(place, commit, fetch)
        except (NotThereError, CommitGoneError) as error:
            failure = error
        moved = await self._places.again(repository)
        if moved == place:
            raise failure
        return await self._fetched_from(moved, commit, fetch)

    async def _fetched_from(
        self, place: RepositoryPlace, commit: str, fetch: Callable[[Remote], Awaitable[T]]
    ) -> T:
        wanted = Purpose(Right.CODE, FETCH.format(commit=commit[:12], name=place.name))
        await self._azure.rest.find_git(wanted.right, wanted.what, *place.path)
        remote = Remote(place.url(self._azure.address), await self._azure.authorization())
        try:
            return await fetch(remote)
        except FetchFailedError as error:
            raise _told(error.why, wanted, place.name, commit) from None


def build_git_host(
    azure: AzureDevOps,
    home: Path,
    known: Callable[[], Collection[str]],
    environment: Mapping[str, str],
) -> AzureGitHost:
    """Return the git host, whose clones all processes of a home share.

    Of ``environment`` git gets what says how the network is reached: proxies and certificates.
    """
    fetch = Fetch(git=git_path(), network=network_of(environment))
    return AzureGitHost(azure, KeptClones(home / FOLDER, fetch), known)


def _told(why: Failure, wanted: Purpose, name: str, commit: str) -> SlussError:
    """Say why a fetch came to nothing in the words of all other calls to Azure DevOps."""
    about = {"what": wanted.what, "right": wanted.right, "name": name}
    told: dict[Failure, SlussError] = {
        Failure.SIGNED_OUT: signed_out(wanted, ""),
        Failure.PAGE: signed_out(wanted, " (git gets a web page)"),
        Failure.FORBIDDEN: RightMissingError(MISSING.format(**about)),
        Failure.NOT_THERE: NotThereError(NOT_THERE.format(**about)),
        Failure.GONE: CommitGoneError(GONE.format(commit=commit[:12])),
        Failure.NOT_BY_ID: StepFailedError(NOT_BY_ID.format(**about)),
        Failure.BUSY: busy(wanted, 0.0),
        Failure.SLOW: silent(wanted, LATE),
        Failure.REDIRECTED: strange(wanted, REDIRECT),
        Failure.NOT_ALLOWED: strange(wanted, "it is not reached over https"),
        Failure.UNTRUSTED: strange(wanted, UNTRUSTED),
        Failure.TOO_LARGE: StepFailedError(TOO_LARGE.format(**about)),
        Failure.MALFORMED: StepFailedError(MALFORMED.format(**about)),
        Failure.DISK_FULL: UnavailableError(DISK_FULL.format(**about)),
    }
    return told.get(why) or silent(wanted, CUT)
