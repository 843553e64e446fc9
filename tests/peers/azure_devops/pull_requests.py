"""The pull requests of a repository: their iterations, their merges and how they end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.refusals import RefusedError, invalid

HEADS = "refs/heads/"
STRATEGIES = ("noFastForward", "squash", "rebase", "rebaseMerge")
CREATED = "git.pullrequest.created"
UPDATED = "git.pullrequest.updated"
MERGED = "git.pullrequest.merged"  # a merge was ATTEMPTED, the pull request may well be active


@dataclass(frozen=True)
class Iteration:
    """One push to the source branch, as the reviewers see it."""

    id: int
    source: str
    target: str
    common: str
    author: Identity
    date: datetime
    push_id: int | None = None


@dataclass(eq=False)
class PullRequest:
    number: int
    repository: Any  # Repository; it imports this module
    source: str  # a branch, without refs/heads/
    target: str
    title: str
    created_by: Identity
    created: datetime
    description: str = ""
    is_draft: bool = False
    status: str = "active"
    merge_status: str = "queued"
    merge_commit: str | None = None
    merge_id: str = field(default_factory=lambda: str(uuid4()))
    closed: datetime | None = None
    closed_by: Identity | None = None
    strategy: str | None = None
    reviewers: list[tuple[Identity, int]] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)

    @property
    def last(self) -> Iteration:
        return self.iterations[-1]

    def commits(self) -> list[str]:
        """What it brings, the newest first."""
        return self.repository.git.rev_list(self.last.source, f"^{self.last.common}")

    def edit(self, *, by: Identity, **changed: Any) -> None:
        """Change title, description or is_draft."""
        for name, value in changed.items():
            setattr(self, name, value)
        self.tell(UPDATED, by, "edited")

    def vote(self, vote: int, *, by: Identity) -> None:
        """10 approved, 5 with suggestions, 0 none, -5 waits for the author, -10 rejected."""
        self.reviewers = [entry for entry in self.reviewers if entry[0] != by]
        self.reviewers.append((by, vote))
        self.tell(UPDATED, by, "voted")

    def ask(self, reviewer: Identity, *, by: Identity) -> None:
        """Make somebody (or a group) a reviewer who has not voted yet."""
        self.reviewers.append((reviewer, 0))
        self.tell(UPDATED, by, "reviewers")

    def abandon(self, *, by: Identity) -> None:
        with self.repository.world.lock:
            self._must_be("active")
            self._close("abandoned", by)
            self.tell(UPDATED, by, "abandoned")

    def reactivate(self, *, by: Identity) -> None:
        with self.repository.world.lock:
            self._must_be("abandoned")
            self.status, self.closed, self.closed_by = "active", None, None
            self.tell(UPDATED, by, "reactivated")

    def complete(
        self, *, by: Identity, strategy: str = "noFastForward", delete_source: bool = False
    ) -> Any:
        """Merge it in one of the STRATEGIES and return the push that this is."""
        with self.repository.world.lock:
            self._must_be("active")
            commit = self._merged(by, strategy)
            if commit is None:
                self.merge_status = "conflicts"
                raise invalid(
                    "TF401192: The pull request has merge conflicts.", "GitPullRequestException"
                )
            self.merge_commit, self.merge_status, self.strategy = commit, "succeeded", strategy
            self._close("completed", by)
            push = self.repository.update_refs(by, {HEADS + self.target: commit})
            if delete_source:
                self.repository.delete_branch(self.source, by=by)
            self.tell(MERGED, by, "merged")
            self.tell(UPDATED, by, "completed")
            return push

    def look_again(self, by: Identity, push_id: int | None = None) -> None:
        """Read the source branch, try the merge, and write down an iteration."""
        git = self.repository.git
        refs = git.refs()
        source, target = refs[HEADS + self.source], refs[HEADS + self.target]
        common = git.run("merge-base", source, target).strip()
        number, date = len(self.iterations) + 1, self.repository.world.now()
        self.iterations.append(Iteration(number, source, target, common, by, date, push_id))
        message = f"Merge pull request {self.number} from {self.source} into {self.target}"
        self.merge_commit = self.repository.merge_commit(by, self.source, self.target, message)
        self.merge_status = "conflicts" if self.merge_commit is None else "succeeded"
        if self.merge_commit is not None:
            git.update_refs({f"refs/pull/{self.number}/merge": self.merge_commit})

    def tell(self, event_type: str, by: Identity, what: str) -> None:
        self.repository.world.tell(Happening(event_type, self, by, what))

    def _must_be(self, status: str) -> None:
        if self.status != status:
            raise invalid(
                f"TF401181: The pull request cannot be edited due to its state. (it is {self.status})",
                "GitPullRequestNotEditableException",
            )

    def _close(self, status: str, by: Identity) -> None:
        self.status, self.closed, self.closed_by = status, self.repository.world.now(), by

    def _merged(self, by: Identity, strategy: str) -> str | None:
        if strategy not in STRATEGIES:
            raise invalid(f"TF400898: {strategy} is no merge strategy.")
        message = f"Merged PR {self.number}: {self.title}"
        if strategy in ("noFastForward", "squash"):
            is_squash = strategy == "squash"
            return self.repository.merge_commit(
                by, self.source, self.target, message, squash=is_squash
            )
        rebased = self._rebased()
        if rebased is None or strategy == "rebase":
            return rebased
        git = self.repository.git
        onto = git.refs()[HEADS + self.target]
        return git.commit_tree(
            git.read(rebased).tree, [onto, rebased], self.repository.signature(by), message
        )

    def _rebased(self) -> str | None:
        """Pick commit after commit onto the target, each as a merge over its own parent."""
        git = self.repository.git
        tip = git.refs()[HEADS + self.target]
        for picked in reversed(self.commits()):
            commit = git.read(picked)
            stand_in = git.commit_tree(
                git.read(tip).tree, commit.parents[:1], commit.author, "stand-in"
            )
            tree = git.merged_tree(stand_in, picked)
            if tree is None:
                return None
            tip = git.commit_tree(tree, [tip], commit.author, commit.comment)
        return tip


class PullRequests:
    """Those of one repository, by their number (which the whole organisation counts)."""

    def __init__(self, repository: Any) -> None:
        self._repository = repository
        self._by_number: dict[int, PullRequest] = {}

    def __iter__(self) -> Iterator[PullRequest]:
        return iter(list(self._by_number.values()))

    def get(self, number: int) -> PullRequest | None:
        return self._by_number.get(number)

    def create(
        self, source: str, *, by: Identity, into: str = "main", title: str = "A change", **more: Any
    ) -> PullRequest:
        """Open a pull request; ``more`` is description, is_draft."""
        repository = self._repository
        with repository.world.lock:
            self._refuse_second(source, into)
            number, now = repository.world.next_pull_request_id(), repository.world.now()
            made = PullRequest(number, repository, source, into, title, by, now, **more)
            made.look_again(by)
            self._by_number[number] = made
            made.tell(CREATED, by, "created")
            made.tell(MERGED, by, "attempted")
            return made

    def follow(self, push: Any) -> None:
        """A push to the source of an active pull request is its next iteration."""
        moved = {update.name for update in push.ref_updates if not update.is_delete}
        for pull_request in self:
            if pull_request.status == "active" and HEADS + pull_request.source in moved:
                pull_request.look_again(push.pushed_by, push.push_id)
                pull_request.tell(UPDATED, push.pushed_by, "pushed")
                pull_request.tell(MERGED, push.pushed_by, "attempted")

    def _refuse_second(self, source: str, target: str) -> None:
        refs = self._repository.git.refs()
        for branch in (source, target):
            if HEADS + branch not in refs:
                raise invalid(
                    f"TF401398: The pull request cannot be activated because the source and/or the target branch no longer exists ({branch}).",
                    "GitPullRequestCannotBeActivated",
                )
        for other in self:
            if (other.source, other.target, other.status) == (source, target, "active"):
                raise RefusedError(
                    409,
                    "GitPullRequestExistsException",
                    "TF401179: An active pull request for the source and target branch already exists.",
                )
