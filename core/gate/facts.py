"""What a check may know besides the files: gathered before, None where it is not known here."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from core.errors import SlussError
from core.gate.check_rules import CheckRules
from core.gate.endpoints import Endpoints
from core.gate.groups import GroupFacts
from core.gate.layout import Layout
from core.gate.runtimes import Runtime


class PastFile(msgspec.Struct, frozen=True):
    """A file as one of the pushed commits had it, and as the newest one has it nowhere.

    An empty ``data`` says that it was too large to be brought along.
    """

    commit: str
    path: str
    data: bytes


class Clone(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of this repository that another repository of the organisation has, too.

    ``has_drifted``: they were the same once, and one side was changed since.
    """

    path: str
    first: int
    last: int
    repository: str
    other_path: str
    other_first: int
    other_last: int
    has_drifted: bool = False


class KnownTeam(msgspec.Struct, frozen=True, kw_only=True):
    """The team that platform.yml names, and whether the directory has anybody in it."""

    name: str
    has_members: bool


# What differs from commit to commit or repository: a check that needs one says so in ``asks``.
OF_A_COMMIT: Final = (
    "history", "clones", "report", "team", "groups", "endpoints", "financial_id",
)  # fmt: skip


class CheckFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``gbi`` holds GBI's values of the variables that a model may choose.

    ``stage``: the stage that is asked about, "" for every one. ``groups`` maps a stage to what
    GBI's variable groups hold there; ``endpoints`` are the service connections of the project.
    ``history`` is what the pushed commits brought. ``report`` is the JUnit report of the
    repository's own pipeline for this commit. ``runtimes`` maps the name of a runtime
    (core/gate/runtimes.py) to what GBI imported from a cluster; the others are known as shipped.
    ``team`` is whose the repository is. ``has_no_walls``: no code of a repository runs here, so
    that its unit tests are those of its own pipeline. ``financial_id`` is what somebody answered
    who was asked for it.
    """

    allowed: Mapping[str, tuple[str, ...]] = {}  # GBI's allow-list per variable
    max_workers: int = 16
    train_required: frozenset[str] = frozenset({"Supervised", "Unsupervised"})
    layout: Layout = Layout()
    rules: CheckRules = CheckRules()
    max_files: int = 5_000
    max_bytes: int = 100 * 1024 * 1024
    gbi: Mapping[str, str] = {}
    runtimes: Mapping[str, Runtime] = {}
    stage: str = ""
    groups: Mapping[str, GroupFacts] | None = None
    endpoints: Endpoints | None = None
    history: tuple[PastFile, ...] | None = None
    clones: tuple[Clone, ...] | None = None
    report: bytes | None = None
    has_no_walls: bool = False
    team: KnownTeam | None = None
    financial_id: str | None = None

    def part(self, asks: Collection[str]) -> "CheckFacts":
        """The facts without what differs from commit to commit or repository, unless asked for."""
        unasked = {name: None for name in OF_A_COMMIT if name not in asks}
        return msgspec.structs.replace(self, **unasked)


class NotCheckedError(SlussError):
    """A check raises this, with the reason, when a fact that it needs is absent here."""
