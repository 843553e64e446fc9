"""What a check of the gate is: a rule in a decorator, what it finds, and what it says."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final, Literal, Required, TypedDict, Unpack

import msgspec

from core.gate.facts import CheckFacts
from core.gate.tools import Level, Output, ToolCommand
from core.words import BlobId

GBI: Final = "GBI"
MODEL_DEV: Final = "model developer"
BOTH: Final = "GBI and model developer"
EVERY_FILE: Final = ("*",)

Mode = Literal["block", "warn", "off"]


class Status(StrEnum):
    """How a check ended. ``not checked`` and ``could not run`` never count as passed."""

    PASSED = "passed"
    FOUND = "found"
    NOT_CHECKED = "not checked here"
    COULD_NOT_RUN = "could not run"


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing to mend: where it is, what is wrong, and what to do.

    ``mend`` is an instruction; ``wrong`` may be empty where the instruction says it all. ``rule``
    is a tool's own name for it. ``is_advice``: worth knowing, and stands in nobody's way. ``gate``
    is the first one (core/policy/policy.py) at which it matters, "" for all of them.
    """

    path: str
    mend: str
    wrong: str = ""
    line: int = 0
    rule: str = ""
    is_advice: bool = False
    gate: str = ""

    def place(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    def describe(self) -> str:
        """Say what is wrong and what to do, in one line."""
        return f"{self.wrong}: {self.mend}" if self.wrong else self.mend


class Measure(msgspec.Struct, frozen=True, gc=False):
    """A figure that a check brings besides its findings: a score, a count, a coverage."""

    name: str
    value: float
    unit: str = ""


class Note(msgspec.Struct, frozen=True):
    """What a check has to say besides its findings, in a sentence or a few lines."""

    text: str


class Accepted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something that a check found and that a file of the repository calls harmless.

    ``key`` is what that file says of it, and whoever wrote it there accepted it: ``by`` their name,
    ``at`` the day (ISO 8601) and ``commit``; all are "" while nobody knows.
    """

    path: str
    line: int = 0
    what: str = ""
    key: str = ""
    by: str = ""
    at: str = ""
    commit: str = ""


Found = Finding | Measure | Note | Accepted


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
        """Return the link at this path, or at a folder above it; names compare without case."""
        wanted = path.casefold()
        links = ((link, link.casefold()) for link in self.links)
        return next((link for link, low in links if f"{wanted}/".startswith(f"{low}/")), None)


Find = Callable[[ModelRepo, CheckFacts], Iterator[Found]]
Compose = Callable[[ModelRepo, CheckFacts], ToolCommand | None]
Parse = Callable[[Output, ModelRepo, CheckFacts], Iterator[Found]]


class Tool(msgspec.Struct, frozen=True):
    """A process of its own: what to run (None: there is nothing to run on), and what it means."""

    command: Compose
    parse: Parse


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the gate. Priority 1 is required, 5 is optional.

    ``quick`` answers first, ``full`` replaces its answer later; a check has one of them or both.
    ``mode`` counts where policy says nothing. ``reads`` are patterns of the paths that matter: the
    check sees no others, and its answer is kept until one of them changes. ``asks`` names the facts
    that differ from commit to commit (core/gate/facts.py) and that it needs. ``is_flaky``: what it
    finds may be chance, so that only a pass is kept. Raise ``version`` whenever the rule finds
    something else than before.
    """

    id: str
    owner: str
    priority: int
    title: str
    why: str
    mend: str = ""
    mode: Mode = "block"
    reads: tuple[str, ...] = EVERY_FILE
    asks: tuple[str, ...] = ()
    is_flaky: bool = False
    version: int = 1
    quick: Find | Tool | None = None
    full: Tool | None = None
    module: str = ""

    def __call__(self, repo: ModelRepo, facts: CheckFacts | None = None) -> Iterator[Found]:
        assert callable(self.quick), f"{self.id} runs a tool"
        return self.quick(repo, facts or CheckFacts())

    def part(self, repo: ModelRepo) -> ModelRepo:
        """Return what the check may see of a repository."""
        if self.reads == EVERY_FILE:
            return repo
        files = {path: data for path, data in repo.files.items() if self._is_about(path)}
        return ModelRepo(files=files, links=repo.links)

    def _is_about(self, path: str) -> bool:
        return any(fnmatchcase(path.casefold(), pattern) for pattern in self.reads)


class About(TypedDict, total=False):
    """What a decorator says of its check; the fields of ``Check``."""

    owner: Required[str]
    priority: Required[int]
    title: Required[str]
    mend: str
    mode: Mode
    reads: tuple[str, ...]
    asks: tuple[str, ...]
    is_flaky: bool
    version: int


def check(id: str, **about: Unpack[About]) -> Callable[[Find], Check]:  # noqa: A002 - the field's word
    """Make a function of the files and facts the check; its docstring is the check's ``why``."""

    def decorate(find: Find) -> Check:
        return Check(id=id, why=_said(find), module=find.__module__, quick=find, **about)

    return decorate


def tool_check(
    id: str,  # noqa: A002 - the field's word
    command: Compose,
    *,
    quick: Find | Tool | None = None,
    **about: Unpack[About],
) -> Callable[[Parse], Check]:
    """Make a function that reads a tool's output the check; ``quick`` may answer before it."""

    def decorate(parse: Parse) -> Check:
        full = Tool(command, parse)
        where = parse.__module__
        return Check(id=id, why=_said(parse), module=where, quick=quick, full=full, **about)

    return decorate


def _said(function: Callable[..., object]) -> str:
    return " ".join((function.__doc__ or "").split())


class CheckResult(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one check said about one commit.

    ``is_preview``: the full answer follows. ``reports`` are the tool's own files, kept as evidence.
    ``level`` is how its process was shut in.
    """

    check: str
    title: str
    owner: str
    priority: int
    status: Status
    findings: tuple[Finding, ...] = ()
    note: str = ""  # why it could not run or was not checked, or what else it says
    seconds: float = 0.0
    mode: Mode = "block"
    is_preview: bool = False
    measures: tuple[Measure, ...] = ()
    reports: dict[str, BlobId] = {}
    level: Level | None = None
    accepted: tuple[Accepted, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether there is something to mend, or nobody knows."""
        return self.status in {Status.FOUND, Status.COULD_NOT_RUN}

    @property
    def to_mend(self) -> int:
        """Count what must be mended, advice left out; a check that could not run counts as one."""
        if self.status is Status.COULD_NOT_RUN:
            return 1
        return sum(not finding.is_advice for finding in self.findings)
