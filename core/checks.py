"""What a check of the gate is: a decorator for the rule, a finding for what it found."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from core.errors import SlussError
from core.layout import Layout

GBI: Final = "GBI"
MODEL_DEV: Final = "model developer"
BOTH: Final = "GBI and model developer"


class Status(StrEnum):
    """How a check ended. ``not checked`` and ``could not run`` never count as passed."""

    PASSED = "passed"
    FOUND = "found"
    NOT_CHECKED = "not checked here"
    COULD_NOT_RUN = "could not run"


class Finding(msgspec.Struct, frozen=True):
    """One thing to mend: where it is, what is wrong, and what to do.

    ``mend`` is an instruction; ``wrong`` may be empty where the instruction says it all.
    """

    path: str
    mend: str
    wrong: str = ""
    line: int = 0

    def place(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    def describe(self) -> str:
        """What is wrong and what to do, in one line."""
        return f"{self.wrong}: {self.mend}" if self.wrong else self.mend


class ModelRepo(msgspec.Struct, frozen=True, kw_only=True):
    """One commit of a model repository: path (with forward slashes) to bytes, and the links.

    ``links`` maps the path of each symbolic link to its target; a link's target is never followed.
    """

    files: Mapping[str, bytes]
    links: Mapping[str, str] = {}

    def text(self, path: str) -> str:
        return self.files[path].decode("utf-8", errors="replace")

    def find(self, path: str) -> str | None:
        """The path as the repository spells it: names compare without case."""
        if path in self.files:
            return path
        wanted = path.casefold()
        return next((name for name in self.files if name.casefold() == wanted), None)

    def link(self, path: str) -> str | None:
        """The link at this path, or at a folder above it; names compare without case."""
        wanted = path.casefold()
        links = ((link, link.casefold()) for link in self.links)
        return next((link for link, low in links if f"{wanted}/".startswith(f"{low}/")), None)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a check may ask beyond the files; gathered before. None: not known here."""

    allowed: Mapping[str, tuple[str, ...]] = {}  # GBI's allow-list per variable
    max_workers: int = 16
    train_required: frozenset[str] = frozenset({"Supervised", "Unsupervised"})
    layout: Layout = Layout()
    max_files: int = 5_000
    max_bytes: int = 100 * 1024 * 1024
    gbi: Mapping[str, str] = {}  # GBI's values of the variables that a model may choose
    variable_groups: Mapping[str, frozenset[str]] | None = None


class NotCheckedError(SlussError):
    """A check raises this, with the reason, when a fact that it needs is absent here."""


Find = Callable[[ModelRepo, Facts], Iterator[Finding]]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the gate. Priority 1 is required, 5 is optional.

    Raise ``version`` whenever the rule finds something else than before: results are kept by it.
    """

    id: str
    owner: str
    priority: int
    title: str
    why: str
    find: Find
    version: int = 1

    def __call__(self, repo: ModelRepo, facts: Facts | None = None) -> Iterator[Finding]:
        return self.find(repo, facts or Facts())


def check(
    id: str,  # noqa: A002 - the field's word
    *,
    owner: str,
    priority: int,
    title: str,
    version: int = 1,
) -> Callable[[Find], Check]:
    """Make a function the check; its docstring is the ``why`` that ``sluss explain`` prints."""

    def decorate(find: Find) -> Check:
        why = " ".join((find.__doc__ or "").split())
        return Check(
            id=id, owner=owner, priority=priority, title=title, why=why, find=find, version=version
        )

    return decorate


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check said about one commit."""

    check: str
    title: str
    owner: str
    priority: int
    status: Status
    findings: tuple[Finding, ...] = ()
    note: str = ""  # why it could not run, or was not checked
    seconds: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it stands in the way where its priority blocks."""
        return self.status in {Status.FOUND, Status.COULD_NOT_RUN}
