"""The settings that pylint and ruff run with: GBI's for the team, and what a repository may set."""

from typing import Final

import msgspec

from core.gate.check_rules import PEP_8, TEAM, LintProfile
from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.gate.variables import model_settings
from workers.gate.linting.messages import RUFF
from workers.gate.linting.repo_settings import RepoSettings, repo_settings

# The libraries of a model are not there, copies are the check "duplicates", and a name that this
# pylint does not know is no fault of the code.
NEVER: Final = (
    "import-error", "no-name-in-module", "no-member", "c-extension-no-member", "duplicate-code",
    "unknown-option-value", "useless-option-value", "use-symbolic-message-instead",
)  # fmt: skip
IN_NOTEBOOKS: Final = ("dbutils", "display", "displayHTML", "getArgument", "sc", "spark", "sql")

# Of Python's path the standard library alone is left: a library of ours is of another version than
# the model's, so that its errors would be false ones, and pandas alone takes seconds to read.
# The contract names the parameters data, params and model, whether a function needs them or not;
# X and y are what the field calls its matrices; a short function may say all by its name. The
# score is pylint's own, but a file on which pylint itself fails makes no zero of it.
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


class Lint(msgspec.Struct, frozen=True, kw_only=True):
    """What counts for one repository."""

    name: str
    profile: LintProfile
    own: RepoSettings

    @property
    def line_length(self) -> int:
        return self.own.line_length or self.profile.line_length

    @property
    def arguments(self) -> tuple[str, ...]:
        """What GBI decides: pylint reads its command line last, so it has the last word."""
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
            line_length=self.line_length, builtins=_toml(IN_NOTEBOOKS), select=_toml(codes)
        ).encode()

    def _is_off(self, symbol: str) -> bool:
        if symbol in self.profile.enable or symbol in self.own.enable:
            return False
        return bool({symbol, "all"} & {*self.profile.disable, *self.own.disable})


def lint_for(repo: ModelRepo, facts: CheckFacts) -> Lint:
    """Names of teams compare without case, as people write them."""
    rules = facts.rules.lint
    team = model_settings(repo, layout=facts.layout, gbi=facts.gbi).team
    names = {name.casefold(): profile for name, profile in rules.teams.items()}
    name = names.get(team.casefold(), names.get(TEAM, PEP_8))
    profile = rules.profiles.get(name, LintProfile())
    return Lint(name=name, profile=profile, own=repo_settings(repo))


def _toml(words: tuple[str, ...] | list[str]) -> str:
    return msgspec.json.encode(words).decode()
