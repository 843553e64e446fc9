"""Builds pylint's and ruff's settings: GBI's for the team, and what a repository's own may set.

A repository's settings are read as text: nothing in them is ever run.
"""

import configparser
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from core.gate.check_rules import PEP_8, TEAM, LintProfile
from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.gate.variables import model_settings
from workers.gate.linting.messages import RUFF

Options = Mapping[str, str]

MAX_BYTES: Final = 64 * 1024
MAX_LINE: Final = 1_000  # The parsers take time with the square of a line's length.
MAX_NAMES: Final = 300
MAX_LINE_LENGTH: Final = 1_000
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
TAKEN: Final = ("enable", "disable", "max-line-length")
# The libraries of a model are not installed here, copies are the business of the check
# "duplicates", and a name that this version of pylint does not know is no fault of the code.
NEVER: Final = (
    "import-error", "no-name-in-module", "no-member", "c-extension-no-member", "duplicate-code",
    "unknown-option-value", "useless-option-value", "use-symbolic-message-instead",
)  # fmt: skip
IN_NOTEBOOKS: Final = ("dbutils", "display", "displayHTML", "getArgument", "sc", "spark", "sql")

# Only the standard library stays on Python's path: our versions of libraries are not the model's,
# so their errors would be false, and pandas alone takes seconds to read. The contract names the
# parameters data, params and model, whether a function needs them or not; X and y are what the
# field calls its matrices; a short function may say all by its name. The score is pylint's own
# formula, but a file on which pylint itself fails does not make it zero.
PYLINTRC: Final = """\
[MAIN]
jobs=1
persistent=no
init-hook=import sys, sysconfig; lib = sysconfig.get_path("stdlib"); sys.path[:] = [lib]
[REPORTS]
evaluation=max(0.0, 10.0 - 10.0 * (5 * error + warning + refactor + convention) / statement)
[BASIC]
docstring-min-length=5
no-docstring-rgx=^_|^test_
good-names=i,j,k,ax,df,ex,id,_
good-names-rgxs=^[Xy](_[a-z0-9_]+)?$
[FORMAT]
max-line-length={line_length}
[VARIABLES]
additional-builtins={builtins}
ignored-argument-names=_.*|^(data|params|model)$
[MESSAGES CONTROL]
disable={disable}
enable={enable}
"""
RUFF_TOML: Final = """\
line-length = {line_length}
target-version = "py313"
respect-gitignore = false
exclude = ["*.ipynb"]
builtins = {builtins}
[lint]
select = {select}
dummy-variable-rgx = "^(_.*|data|params|model)$"
[lint.pep8-naming]
extend-ignore-names = ["X", "X_*", "y", "y_*"]
"""


class RepoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A repository's settings; ``line_length`` is 0 if unset, ``ignored`` lists refused options."""

    path: str = ""
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    line_length: int = 0
    ignored: tuple[str, ...] = ()
    is_unreadable: bool = False


def repo_settings(repo: ModelRepo) -> RepoSettings:
    """Return the settings of the first file that has any, in the order in which pylint looks."""
    for path, read in READERS.items():
        if path not in repo.files:
            continue
        try:
            options = read(_bounded(repo.files[path]))
        except (configparser.Error, ValueError, RecursionError):
            return RepoSettings(path=path, is_unreadable=True)
        if options is not None:
            return _settings(path, options)
    return RepoSettings()


def _bounded(data: bytes) -> str:
    text = data.decode()
    if len(data) > MAX_BYTES or any(len(line) > MAX_LINE for line in text.splitlines()):
        raise ValueError("longer than anybody writes it")
    return text


def _settings(path: str, options: Options) -> RepoSettings:
    length = options.get("max-line-length", "").strip()
    is_length = length.isascii() and length.isdecimal() and len(length) < len(str(MAX_LINE_LENGTH))
    return RepoSettings(
        path=path,
        enable=_names(options.get("enable", "")),
        disable=_names(options.get("disable", "")),
        line_length=int(length) if is_length else 0,
        ignored=tuple(sorted(name for name in options if name not in TAKEN)),
    )


def _names(text: str) -> tuple[str, ...]:
    """Split a list of names and drop everything else, as they are written into our own settings."""
    words = re.split(r"[,\s]+", text)
    return tuple(word for word in words if NAME.fullmatch(word))[:MAX_NAMES]


def _ini(text: str) -> Options | None:
    return dict(_options(text, lambda _: True))


def _setup_cfg(text: str) -> Options | None:
    found = dict(_options(text, lambda section: section.casefold().startswith("pylint")))
    return found or None


def _options(text: str, is_meant: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    marks = ("#", ";")
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, inline_comment_prefixes=marks, allow_no_value=True
    )
    parser.read_string(text)
    for section in filter(is_meant, parser.sections()):
        for name, value in parser.items(section):
            yield _option(name), value or ""


def _toml(text: str) -> Options | None:
    tool = tomllib.loads(text).get("tool")
    tables = tool.get("pylint") if isinstance(tool, dict) else None
    if not isinstance(tables, dict):
        return None
    return dict(_toml_options(tables))


def _toml_options(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from ((_option(key), _toml_text(each)) for key, each in value.items())
        else:
            yield _option(name), _toml_text(value)


def _toml_text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _option(name: str) -> str:
    return name.casefold().replace("_", "-")


READERS: Final[Mapping[str, Callable[[str], Options | None]]] = {
    "pylintrc": _ini,
    "pylintrc.toml": _toml,
    ".pylintrc": _ini,
    ".pylintrc.toml": _toml,
    "pyproject.toml": _toml,
    "setup.cfg": _setup_cfg,
}


class Lint(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force for one repository: the team's profile, and the repository's own."""

    name: str
    profile: LintProfile
    own: RepoSettings

    @property
    def line_length(self) -> int:
        return self.own.line_length or self.profile.line_length

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return GBI's own options; pylint reads its command line last, so these win."""
        insists = (f"--enable={','.join(self.profile.enable)}",) if self.profile.enable else ()
        return (*insists, f"--disable={','.join(NEVER)}")

    def pylintrc(self) -> bytes:
        return PYLINTRC.format(
            line_length=self.line_length,
            builtins=",".join(IN_NOTEBOOKS),
            disable=",".join((*self.profile.disable, *self.own.disable)),
            enable=",".join(self.own.enable),
        ).encode()

    def ruff_toml(self) -> bytes:
        codes = [code for code, symbol in RUFF.items() if not self._is_off(symbol)]
        return RUFF_TOML.format(
            line_length=self.line_length,
            builtins=_toml_list(IN_NOTEBOOKS),
            select=_toml_list(codes),
        ).encode()

    def _is_off(self, symbol: str) -> bool:
        if symbol in self.profile.enable or symbol in self.own.enable:
            return False
        return bool({symbol, "all"} & {*self.profile.disable, *self.own.disable})


def lint_for(repo: ModelRepo, facts: CheckFacts) -> Lint:
    """Return the settings for the repository's team; names of teams compare without case."""
    rules = facts.rules.lint
    team = model_settings(repo, layout=facts.layout, gbi=facts.gbi).team
    names = {name.casefold(): profile for name, profile in rules.teams.items()}
    name = names.get(team.casefold(), names.get(TEAM, PEP_8))
    profile = rules.profiles.get(name, LintProfile())
    return Lint(name=name, profile=profile, own=repo_settings(repo))


def _toml_list(words: tuple[str, ...] | list[str]) -> str:
    return msgspec.json.encode(words).decode()
