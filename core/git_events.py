"""What the host of git has seen becomes events: the same ones, whoever tells of it.

A delivery tells in its body and the host's API tells when it is asked: both come to the same ids.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from core.accounts import HostAccount
from core.events.base import Event
from core.events.outside import BranchDeleted, CodePushed, DeliveryIgnored, PullRequestChanged
from core.platform import canonical_id

BRANCHES: Final = "refs/heads/"
PUSH: Final = "git.push"

TAG: Final = "{ref} is no branch"
NOTHING_MOVED: Final = "branch {branch} did not move"


class SeenPush(msgspec.Struct, frozen=True, kw_only=True):
    """A push, whichever refs it moved. ``commits`` are all that it brought, where they are told."""

    repository: str
    push_id: int
    pusher: HostAccount
    time: datetime
    commits: tuple[str, ...] = ()


class SeenPullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request as it is now; the refs may be whole (``refs/heads/main``) or a branch's name.

    ``commit`` is the head of the source, and ``merge_commit`` what lands when it is completed.
    """

    repository: str
    number: int
    creator: HostAccount
    source: str
    target: str
    time: datetime
    status: str = ""
    commit: str = ""
    merge_commit: str = ""
    commits: tuple[str, ...] = ()


def ref_moved(push: SeenPush, ref: str, old: str, new: str) -> Event:
    """One event for each ref: a branch moved, was deleted, or there is nothing to do and why.

    ``old`` and ``new`` are ids of commits; zeros, or nothing, stand for none.
    """
    repository = canonical_id(push.repository)
    about: dict[str, Any] = {
        "id": f"ado/{repository}/{push.push_id}/{ref}",
        "time": push.time,
    }
    branch = ref.removeprefix(BRANCHES)
    if branch == ref:
        return DeliveryIgnored(**about, what=PUSH, reason=TAG.format(ref=ref))
    if old.casefold() == new.casefold():
        return DeliveryIgnored(**about, what=PUSH, reason=NOTHING_MOVED.format(branch=branch))
    if not _present(new):
        return BranchDeleted(**about, repository=repository, branch=branch, push_id=push.push_id)
    return CodePushed(
        **about,
        repository=repository,
        branch=branch,
        commit=_present(new),
        commits=_ids(push.commits),
        previous=_present(old),
        pusher=push.pusher.name,
        pusher_name=push.pusher.display_name,
        push_id=push.push_id,
    )


def pull_request_changed(seen: SeenPullRequest) -> PullRequestChanged:
    """The state is in the id: what is told twice is one event."""
    repository = canonical_id(seen.repository)
    commit, merged = seen.commit.lower(), seen.merge_commit.lower()
    about = "/".join(filter(None, (commit or "no_commit", merged, seen.status)))
    return PullRequestChanged(
        id=f"ado/{repository}/pr/{seen.number}/{about}",
        time=seen.time,
        repository=repository,
        pull_request=seen.number,
        creator=seen.creator.name,
        source_branch=seen.source.removeprefix(BRANCHES),
        target_branch=seen.target.removeprefix(BRANCHES),
        commit=commit,
        status=seen.status,
        merge_commit=merged,
        commits=_ids(seen.commits),
    )


def _ids(commits: tuple[str, ...]) -> tuple[str, ...]:
    """Ids as git writes them: in another case each would be another commit's."""
    return tuple(commit.lower() for commit in commits if commit)


def _present(object_id: str) -> str:
    return object_id.lower() if object_id.strip("0") else ""
