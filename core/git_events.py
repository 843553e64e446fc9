"""What the host of git has seen becomes events: the same ones, whoever tells of it.

A delivery tells in its body and the host's API tells when it is asked: both come to the same ids.
"""

import re
from datetime import datetime
from typing import Any, Final

import msgspec

from core.accounts import HostAccount
from core.events.base import Event
from core.events.codec import kind
from core.events.outside import (
    BranchDeleted,
    CodePushed,
    DeliveryIgnored,
    PullRequestChanged,
    PullRequestCommented,
)
from core.platform import canonical_id

BRANCHES: Final = "refs/heads/"
PUSH: Final = "git.push"

COMMENT: Final = "ms.vss-code.git-pullrequest-comment-event"
LONGEST_COMMAND: Final = 200
_COMMAND: Final = re.compile(r"\s*(?P<line>(?ai:/sluss)(?=\s|$)[^\r\n]*)")

NO_COMMAND: Final = "a comment that is no command to Sluss; nothing of it was kept"
EDITED: Final = "a comment was edited: a command counts as it was first written"
NOT_SAID: Final = "a note of Azure DevOps, which nobody has said"
DELETED: Final = "a comment was deleted"
NOT_OURS: Final = "its repository is not in platform.yml, so that nobody was asked about it"
# What a whole project does all day, and is not for us: among it nobody would find a stray.
EVERYDAY: Final = frozenset({NO_COMMAND, EDITED, NOT_SAID, DELETED, NOT_OURS})
NATURAL: Final = "ado/"  # begins the ids that a delivery and the host's API both come to
NO_REPOSITORY: Final = "no_repository"

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


class SeenComment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment of a pull request; what is not told is empty or 0.

    ``edited`` is when its text was changed, if it was. ``text`` may be None where only ids are
    told: it may be a command.
    """

    repository: str = ""
    pull_request: int = 0
    thread: int = 0
    comment: int = 0
    author: HostAccount
    text: str | None
    time: datetime
    edited: datetime | None = None
    project: str = ""
    commit: str = ""


def ref_moved(push: SeenPush, ref: str, old: str, new: str) -> Event:
    """One event for each ref: a branch moved, was deleted, or there is nothing to do and why.

    ``old`` and ``new`` are ids of commits; zeros, or nothing, stand for none.
    """
    repository = canonical_id(push.repository)
    about: dict[str, Any] = {
        "id": f"{NATURAL}{repository}/{push.push_id}/{ref}",
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
        id=f"{NATURAL}{repository}/pr/{seen.number}/{about}",
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


def unconfirmed(event: Event, reason: str) -> DeliveryIgnored:
    """A delivered event of which nothing is taken over, and why.

    Its id is the delivery's: with the natural one it would stand in the way of the real event.
    """
    return DeliveryIgnored(
        id=f"unconfirmed/{event.delivery}/{event.id}",
        time=event.time,
        source=event.source,
        delivery=event.delivery,
        what=getattr(event, "what", kind(event)),
        reason=reason,
    )


def hint(event: Event) -> Event:
    """A delivered event that nobody confirms: whoever acts on it reads at the host what is so.

    Its id is the delivery's, too: a forged one does not stand in the way of the real event.
    """
    return msgspec.structs.replace(event, id=f"hint/{event.delivery}/{event.id}")


def commented(seen: SeenComment) -> PullRequestCommented | DeliveryIgnored:
    """Only a command is kept: other comments are what people say to each other."""
    repository = canonical_id(seen.repository)
    place = f"pr/{seen.pull_request}/thread/{seen.thread}/comment/{seen.comment}"
    natural = f"{NATURAL}{repository or NO_REPOSITORY}/{place}"
    if seen.edited is not None:
        natural = f"{natural}/edited/{seen.edited:%Y%m%dT%H%M%SZ}"
        return DeliveryIgnored(id=natural, time=seen.time, what=COMMENT, reason=EDITED)
    command = command_in(seen.text) if seen.text is not None else ""
    if seen.text is not None and not command:
        return DeliveryIgnored(id=natural, time=seen.time, what=COMMENT, reason=NO_COMMAND)
    return PullRequestCommented(
        id=natural,
        time=seen.time,
        repository=repository,
        pull_request=seen.pull_request,
        thread=seen.thread,
        comment=seen.comment,
        author=seen.author.name,
        author_name=seen.author.display_name,
        text=command,
        project=canonical_id(seen.project),
        commit=seen.commit.lower(),
    )


def in_repository(event: PullRequestCommented, repository: str) -> PullRequestCommented:
    """The comment as the other shape of its delivery tells it, which names the repository."""
    known = canonical_id(repository)
    natural = event.id.replace(f"/{NO_REPOSITORY}/", f"/{known}/", 1)
    return msgspec.structs.replace(event, id=natural, repository=known)


def command_in(text: str) -> str:
    """The line that begins a comment when it is a command to us, else "".

    Of a very long one the end is cut off, and signs that cannot be shown are left out.
    """
    found = _COMMAND.match(text)
    line = found["line"][:LONGEST_COMMAND] if found else ""
    return "".join(each if each.isprintable() else " " for each in line).strip()


def _ids(commits: tuple[str, ...]) -> tuple[str, ...]:
    """Ids as git writes them: in another case each would be another commit's."""
    return tuple(commit.lower() for commit in commits if commit)


def _present(object_id: str) -> str:
    return object_id.lower() if object_id.strip("0") else ""
