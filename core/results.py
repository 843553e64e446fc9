"""What the steps bring back: one struct per step, kept in the ledger with StepFinished."""

import msgspec

from core.gate.checks import CheckResult
from core.gate.tools import Level
from core.words import BlobId, ModelType, Step


class Author(msgspec.Struct, frozen=True, gc=False):
    """Who wrote a commit: the directory's person where the address is known, else the address."""

    email: str
    name: str
    person: str = ""


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One commit as the host tells it.

    ``trailers`` are the people that lines such as Co-authored-by name. ``pusher`` is the account
    that brought it, as the host names it; "" where the host does not know. ``is_cut``: it has
    parents that the host has not, as in a shallow clone.
    """

    id: str
    author: Author
    subject: str
    committer: Author | None = None
    trailers: tuple[Author, ...] = ()
    pusher: str = ""
    is_cut: bool = False


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A commit that brought a text, its author, and its day (ISO 8601) by its committer's clock."""

    commit: str
    author: Author
    day: str


class Checked(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="checked"):
    """The gate's answer, and what the repository says about itself.

    ``variables`` holds names and values, never a secret. ``libraries`` are the pinned lines of the
    environment file. ``authors`` wrote the commits since the champion's (all of them if none).
    """

    checks: tuple[CheckResult, ...]
    model: str = ""
    team: str = ""
    model_type: ModelType = ModelType.SUPERVISED
    variables: dict[str, str] = {}
    libraries: tuple[str, ...] = ()
    configuration_digest: str = ""
    environment_digest: str = ""
    runtime: str = ""
    authors: tuple[Author, ...] = ()
    pull_request_creators: tuple[str, ...] = ()
    report: BlobId = BlobId("")
    reports: dict[str, BlobId] = {}  # the gate's answer in other forms: junit.xml, sarif.json, ...


class Ran(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="ran"):
    """What train, score or evaluate brought back from the platform."""

    run: str  # the MLflow run that train, score and evaluate share
    data_fingerprint: str = ""
    rows: int = 0
    metrics: dict[str, float] = {}
    seconds: float = 0.0
    log: BlobId = BlobId("")
    level: Level | None = None  # how the model's code was shut in
    artifact_digest: str = ""  # of the model that was logged, or that was measured


class Registered(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="registered"):
    """The version in the registry, the SHA-256 over its artifact's files, and where they lie."""

    version: str
    artifact_digest: str
    source: str = ""


class Promoted(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="promoted"):
    """The stage holds the version now: read back, and a batch was scored there."""

    version: str
    previous_version: str = ""
    rows: int = 0
    artifact_digest: str = ""
    log: BlobId = BlobId("")
    level: Level | None = None


class Failed(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="failed"):
    """Why the step failed, in words for the person who can mend it."""

    reason: str
    log: BlobId = BlobId("")
    is_void: bool = False  # what was approved has changed: the approval counts no longer
    retry_from: Step | None = None  # an earlier step that has to be done again first


Result = Checked | Ran | Registered | Promoted | Failed
