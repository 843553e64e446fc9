"""A repository of a project: real git, and beside it who pushed what."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from tests.peers.azure_devops.bare_git import (
    NOTHING,
    BareGit,
    Commit,
    Files,
    GitRefusedError,
    Signature,
)
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.pull_requests import PullRequests

HEADS = "refs/heads/"
TAGS = "refs/tags/"


class World(Protocol):
    """What a repository needs of the organisation around it."""

    lock: Any

    def now(self) -> datetime: ...
    def next_push_id(self) -> int: ...
    def next_pull_request_id(self) -> int: ...
    def tell(self, happening: Happening) -> None: ...


class Home(Protocol):
    """What a repository needs of its project."""

    id: str
    name: str
    world: World


@dataclass(frozen=True)
class RefUpdate:
    name: str
    old: str
    new: str

    @property
    def is_delete(self) -> bool:
        return self.new == NOTHING


@dataclass(frozen=True)
class Push:
    """One push; ``commits`` are those that it brought first, the newest first."""

    push_id: int
    repository: "Repository"
    pushed_by: Identity
    date: datetime
    ref_updates: tuple[RefUpdate, ...]
    commits: tuple[str, ...]


@dataclass(eq=False)
class Repository:
    """Names and switches may change, the id never does."""

    project: Home
    name: str
    path: Path
    default_branch: str = "main"
    id: str = field(default_factory=lambda: str(uuid4()))
    is_disabled: bool = False
    supports_filter: bool = True  # a partial clone is refused where this is off

    def __post_init__(self) -> None:
        self.git = BareGit(self.path)
        self.git.create(self.default_branch)
        self.pushes: list[Push] = []
        self.pull_requests = PullRequests(self)
        self._brought_by: dict[str, Push] = {}
        self._read: dict[str, Commit] = {}

    @property
    def world(self) -> World:
        return self.project.world

    def rename(self, name: str) -> None:
        self.name = name

    def disable(self) -> None:
        self.is_disabled = True

    def enable(self) -> None:
        self.is_disabled = False

    def head(self, branch: str = "main") -> str | None:
        return self.git.refs().get(HEADS + branch)

    def push(
        self,
        *,
        by: Identity,
        files: Files,
        branch: str = "main",
        message: str = "Change",
        author: Identity | None = None,
        start: str | None = None,
    ) -> Push:
        """Commit on the branch and push it; a new branch starts at ``start`` or the default one.

        With ``start`` a branch that exists is thrown back first: a force push.
        """
        with self.world.lock:
            parent = start or self.head(branch) or self.head(self.default_branch)
            commit = self.commit(author or by, files, parent, message=message)
            return self.update_refs(by, {HEADS + branch: commit})

    def commit(
        self, by: Identity, files: Files, *parents: str | None, message: str = "Change"
    ) -> str:
        """Write a commit that no ref has yet, as it is before a push."""
        there = [parent for parent in parents if parent is not None]
        return self.git.commit(files, there, self.signature(by), message)

    def tag(self, name: str, commit: str, *, by: Identity) -> Push:
        return self.update_refs(by, {TAGS + name: commit})

    def delete_branch(self, branch: str, *, by: Identity) -> Push:
        return self.update_refs(by, {HEADS + branch: NOTHING})

    def merge(self, source: str, *, by: Identity, into: str = "main", squash: bool = False) -> Push:
        """Merge one branch into another and push, without a pull request."""
        with self.world.lock:
            commit = self.merge_commit(
                by, source, into, f"Merge {source} into {into}", squash=squash
            )
            if commit is None:
                raise GitRefusedError(f"{source} and {into} are in conflict")
            return self.update_refs(by, {HEADS + into: commit})

    def merge_commit(
        self, by: Identity, source: str, into: str, message: str, *, squash: bool = False
    ) -> str | None:
        """Write the merge of two branches; None where they are in conflict."""
        ours, theirs = self.git.refs()[HEADS + into], self.git.refs()[HEADS + source]
        tree = self.git.merged_tree(ours, theirs)
        parents = [ours] if squash else [ours, theirs]
        return tree and self.git.commit_tree(tree, parents, self.signature(by), message)

    def adopt(self, source: Path, *, by: Identity) -> Push:
        """Push all that a repository on this machine holds, as a first import does."""
        with self.world.lock:
            before = self.git.refs()
            self.git.run(
                "fetch",
                "--quiet",
                str(source),
                "+refs/heads/*:refs/heads/*",
                "+refs/tags/*:refs/tags/*",
            )
            return self.record(by, before)

    def update_refs(self, by: Identity, updates: Mapping[str, str]) -> Push:
        """One push of several refs; NOTHING deletes one."""
        with self.world.lock:
            before = self.git.refs()
            self.git.update_refs(updates)
            return self.record(by, before)

    def record(self, by: Identity, before: Mapping[str, str]) -> Push:
        """Write down what has changed since these refs were read, and tell who listens."""
        updates = _changes(before, self.git.refs())
        world = self.world
        commits = self._new_commits(updates)
        push = Push(world.next_push_id(), self, by, world.now(), updates, commits)
        self.pushes.append(push)
        self._brought_by |= dict.fromkeys(commits, push)
        world.tell(Happening("git.push", push, by))
        self.pull_requests.follow(push)
        return push

    def push_of(self, commit: str) -> Push | None:
        """The push that brought the commit first."""
        return self._brought_by.get(commit)

    def read(self, commit: str) -> Commit | None:
        """The commit, or None where there is none (any more)."""
        if commit not in self._read:
            with suppress(GitRefusedError):
                self._read[commit] = self.git.read(commit)
        return self._read.get(commit)

    def prune(self) -> None:
        """Until this is done a force-pushed commit can still be fetched by its id."""
        with self.world.lock:
            self.git.prune()
            self._read.clear()

    def signature(self, by: Identity) -> Signature:
        return Signature(by.display_name, by.email, self.world.now().isoformat(timespec="seconds"))

    def _new_commits(self, updates: tuple[RefUpdate, ...]) -> tuple[str, ...]:
        tips = [update.new for update in updates if not update.is_delete]
        known = [push.ref_updates for push in self.pushes]
        seen = {update.new for several in known for update in several} - {NOTHING}
        there = [f"^{commit}" for commit in seen if self.read(commit) is not None]
        listed = self.git.rev_list(*tips, *there) if tips else []
        return tuple(commit for commit in listed if commit not in self._brought_by)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[RefUpdate, ...]:
    return tuple(
        RefUpdate(name, before.get(name, NOTHING), after.get(name, NOTHING))
        for name in sorted(before.keys() | after.keys())
        if name.startswith((HEADS, TAGS)) and before.get(name) != after.get(name)
    )
