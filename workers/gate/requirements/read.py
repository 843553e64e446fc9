"""Reads all that a model asks for: its environment file and the files which that one includes."""

import codecs
import posixpath
import re
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from core.gate.checks import Finding, ModelRepo
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.requirements import Hosts, LineKind, RequirementLine, entries, is_conda
from core.gate.variables import model_settings
from workers.gate.requirements import pyproject
from workers.gate.requirements.asked import AskedLibrary, Origin, parse

READS: Final = (
    "*.yml", "*.yaml", "*.txt", "*.in", "*.pip", "*.toml", "*requirements*", "*constraints*",
)  # fmt: skip
MAX_BYTES: Final = 512 * 1024
MAX_FILES: Final = 20
MAX_LINES: Final = 2_000
MAX_PYTHONS: Final = 5
INCLUDE: Final = re.compile(r"(-r|--requirement|-c|--constraint)[\s=]?\s*(?P<path>\S+)")
ITSELF: Final = frozenset({".", "-e .", "--editable .", "--editable=.", "./", "-e ./"})
QUIET: Final = ("--pre", "--prefer-binary", "--only-binary", "--require-hashes")
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # PowerShell writes this for 'pip freeze > requirements.txt'.
    (codecs.BOM_UTF16_BE, "utf-16"),
)

EMPTY: Final = {True: "dependencies: []", False: ""}
NO_FILE: Final = "there is no {path}, which should list the libraries"
OUTSIDE: Final = "includes a file outside of the repository"
GONE: Final = "includes {path}, which is not there"
TOO_LARGE: Final = "is {size:,} bytes long, more than {most:,}"
TOO_MANY: Final = "asks for more than {most:,} packages"
ONLY_NEEDED: Final = "keep only what the model needs in it"
SPLIT: Final = "split the model, or take out what it does not need"
NOT_COMPARED: Final = "{what}, which is not compared with the runtime"
LIST_PACKAGES: Final = (
    "list every package itself; where packages come from is set for the whole platform"
)


class WantedLibraries(msgspec.Struct, frozen=True, kw_only=True):
    """All requirements of the environment file ``path``; ``findings`` says what is unreadable."""

    path: str
    libraries: tuple[AskedLibrary, ...] = ()
    python: tuple[AskedLibrary, ...] = ()
    findings: tuple[Finding, ...] = ()


def read(repo: ModelRepo, facts: CheckFacts, python: str) -> WantedLibraries:
    """Read all requirements; ``python`` decides their markers.

    Raise NotCheckedError without an environment file.
    """
    layout = facts.layout
    settings = model_settings(repo, layout=layout, gbi=facts.gbi)
    names = (settings.environment_file, layout.conda, layout.pip, pyproject.PATH)
    path = next((found for found in map(repo.find, names) if found), None)
    if path is None:
        raise NotCheckedError(NO_FILE.format(path=settings.environment_file))
    reader = _Reader(repo, python, facts.rules.libraries.hosts)
    reader.file(path)
    if project := repo.find(pyproject.PATH):
        reader.project(project, is_used=False)
    return reader.wanted(path)


class _Reader:
    """Follows the included files, and reads every file once."""

    def __init__(self, repo: ModelRepo, python: str, hosts: Hosts) -> None:
        self._repo = repo
        self._hosts = hosts
        self._python = python
        self._asked: list[AskedLibrary] = []
        self._interpreter: list[AskedLibrary] = []
        self._findings: list[Finding] = []
        self._seen: set[str] = set()

    def wanted(self, path: str) -> WantedLibraries:
        return WantedLibraries(
            path=path,
            libraries=tuple(self._asked),
            python=tuple(self._interpreter),
            findings=tuple(self._findings),
        )

    def file(self, path: str, *, is_constraint: bool = False) -> None:
        if path == pyproject.PATH:
            self.project(path, is_used=True)
            return
        for entry in entries(path, self._text(path), self._hosts):
            if len(self._asked) >= MAX_LINES:
                self._found(path, SPLIT, TOO_MANY.format(most=MAX_LINES), entry.line)
                return
            origin = Origin(
                path=path,
                line=entry.line,
                is_conda=entry.is_conda,
                is_constraint=is_constraint,
            )
            self._take(entry, origin)

    def project(self, path: str, *, is_used: bool) -> None:
        found = pyproject.read_project(path, self._text(path))
        self._findings.extend(found.findings)
        for lines, listed in ((found.libraries, self._asked), (found.python, self._interpreter)):
            for line in lines:
                origin = Origin(path=path, line=line.number, is_used=is_used)
                self._parse(line.text, origin, listed)

    def _text(self, path: str) -> str:
        """Return the text of a file; an empty one if it was read before or is too large."""
        data = self._repo.files[path]
        if path in self._seen:
            return EMPTY[is_conda(path)]
        self._seen.add(path)
        if len(data) > MAX_BYTES:
            self._found(path, ONLY_NEEDED, TOO_LARGE.format(size=len(data), most=MAX_BYTES))
            return EMPTY[is_conda(path)]
        encoding = next((name for bom, name in BOMS if data.startswith(bom)), "utf-8")
        return data.decode(encoding, errors="replace").lstrip("\ufeff")

    def _take(self, entry: RequirementLine, origin: Origin) -> None:
        if entry.kind is LineKind.PACKAGE:
            self._parse(entry.text, origin, self._asked)
        elif entry.kind is LineKind.INTERPRETER:
            if entry.text.startswith(pyproject.PYTHON) and len(self._interpreter) < MAX_PYTHONS:
                self._parse(entry.text, origin, self._interpreter)
        elif entry.text in ITSELF and (project := self._repo.find(pyproject.PATH)):
            self.project(project, is_used=True)
        elif entry.kind in {LineKind.UNREADABLE, LineKind.ADDRESS}:
            self._found(origin.path, entry.mend, entry.wrong, entry.line)
        elif (include := INCLUDE.fullmatch(entry.text)) and "://" not in entry.text:
            self._include(include["path"], entry, origin)
        elif entry.kind is not LineKind.NOT_PYTHON and not entry.text.startswith(QUIET):
            self._not_compared(entry, origin)

    def _parse(self, text: str, origin: Origin, listed: list[AskedLibrary]) -> None:
        found = parse(text, origin, self._python, self._hosts)
        if isinstance(found, Finding):
            self._findings.append(found)
        elif found is not None:
            listed.append(found)

    def _include(self, path: str, entry: RequirementLine, origin: Origin) -> None:
        """Read an included file; its path starts at the file that includes it, as for pip."""
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(origin.path), path))
        found = self._repo.find(wanted)
        if wanted.startswith(("../", "/")):
            self._found(origin.path, "keep it in the repository", OUTSIDE, origin.line)
        elif len(self._seen) >= MAX_FILES or not _is_seen(wanted):
            self._not_compared(entry, origin)
        elif found is None:
            wrong = GONE.format(path=wanted)
            self._found(origin.path, f"add {wanted}, or take the line out", wrong, origin.line)
        else:
            is_constraint = origin.is_constraint or entry.text.startswith(("-c", "--c"))
            self.file(found, is_constraint=is_constraint)

    def _not_compared(self, entry: RequirementLine, origin: Origin) -> None:
        wrong = NOT_COMPARED.format(what=entry.wrong)
        found = Finding(origin.path, LIST_PACKAGES, wrong, entry.line, is_advice=True)
        self._findings.append(found)

    def _found(self, path: str, mend: str, wrong: str, line: int = 0) -> None:
        self._findings.append(Finding(path, mend, wrong, line))


def _is_seen(path: str) -> bool:
    """Tell whether the check receives such a file, by the patterns that it ``reads``."""
    return any(fnmatchcase(path.casefold(), pattern) for pattern in READS)
