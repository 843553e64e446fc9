"""Events from outside: the handlers make these."""

import msgspec

from core.events.base import Event
from core.words import BlobId


class CodePushed(Event, frozen=True, kw_only=True):
    """A branch moved. ``repository`` is the host's id of the repository."""

    repository: str
    branch: str
    commit: str
    commits: tuple[str, ...] = ()  # all that were brought, where the host tells them
    previous: str = ""
    pusher: str  # the host's id of who pushed
    pusher_name: str = ""
    push_id: int


class BranchDeleted(Event, frozen=True, kw_only=True):
    repository: str
    branch: str
    push_id: int


class PullRequestChanged(Event, frozen=True, kw_only=True):
    repository: str
    pull_request: int
    creator: str
    source_branch: str
    target_branch: str
    commit: str = ""  # the head of the source branch
    status: str = ""
    merge_commit: str = ""  # what lands on the target branch, or would
    commits: tuple[str, ...] = ()


class RegistryHinted(Event, frozen=True, kw_only=True):
    """The registry says that something about a model changed: a reason to look, not a fact."""

    model: str
    what: str
    version: str = ""  # where it is about one


class DeliveryIgnored(Event, frozen=True, kw_only=True):
    """A delivery, or a part of one, that means nothing to us. ``reason`` is for people."""

    what: str
    reason: str


class DeliveryRejected(Event, frozen=True, kw_only=True):
    """A delivery that could not be read; its body is kept in the evidence.

    ``headers`` has the value of none that may be a credential.
    """

    reason: str
    body: BlobId = BlobId("")
    size: int = 0
    headers: dict[str, str] = msgspec.field(default_factory=dict)
