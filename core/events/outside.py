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


class PushHinted(Event, frozen=True, kw_only=True):
    """The host says that something was pushed, and not what: a reason to ask it."""

    repository: str
    push_id: int


class PullRequestHinted(Event, frozen=True, kw_only=True):
    """The host says that a pull request changed, and not how: a reason to ask it."""

    repository: str
    pull_request: int


class PullRequestCommented(Event, frozen=True, kw_only=True):
    """Somebody has written a command to us into a pull request: a reason to read it there.

    What a delivery did not tell is empty or 0. ``text`` is the first line of the comment, where it
    is a command: what people say to each other is kept nowhere.
    """

    repository: str = ""
    pull_request: int = 0
    thread: int = 0
    comment: int = 0
    author: str = ""
    author_name: str = ""
    text: str = ""
    project: str = ""
    commit: str = ""  # the head of the source branch


class BuildCompleted(Event, frozen=True, kw_only=True):
    """A run of a pipeline has ended, told by what the host calls a build; what it lacks is empty.

    ``result`` is the host's word: succeeded, partiallySucceeded, failed, canceled.
    """

    project: str
    build: int
    number: str = ""
    pipeline: int = 0
    pipeline_name: str = ""
    repository: str = ""
    branch: str = ""  # a ref where it is none, such as refs/pull/7/merge
    commit: str = ""
    result: str = ""
    reason: str = ""  # such as individualCI, pullRequest or manual
    requested_for: str = ""
    requested_for_name: str = ""


class RunStateChanged(Event, frozen=True, kw_only=True):
    """A run of a pipeline has another state: inProgress, canceling or completed, with a result."""

    project: str
    run: int
    name: str = ""
    pipeline: int = 0
    pipeline_name: str = ""
    state: str = ""
    result: str = ""
    repository: str = ""
    branch: str = ""
    commit: str = ""


class StageStateChanged(Event, frozen=True, kw_only=True):
    """A stage of a pipeline's run has another state; ``stage`` is its name in the pipeline."""

    project: str
    run: int
    stage: str
    pipeline: int = 0
    pipeline_name: str = ""
    state: str = ""
    result: str = ""


class ApprovalPending(Event, frozen=True, kw_only=True):
    """A run of a pipeline waits until somebody approves that it uses an environment."""

    project: str
    approval: str
    pipeline: int = 0
    pipeline_name: str = ""
    run: int = 0
    run_name: str = ""
    stage: str = ""
    environment: str = ""
    status: str = ""


class ApprovalCompleted(Event, frozen=True, kw_only=True):
    """An approval waits no longer; ``status`` is the host's word, such as approved or rejected."""

    project: str
    approval: str
    pipeline: int = 0
    pipeline_name: str = ""
    run: int = 0
    run_name: str = ""
    stage: str = ""
    environment: str = ""
    status: str = ""


class CheckCalled(Event, frozen=True, kw_only=True):
    """A run of a pipeline says that it waits for us: a reason to ask the host whether it does.

    ``check`` is the checkpoint's name here, the same for each call of one check.
    """

    check: str


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
