"""Reads policy and variables of a home, for commands that need no server and maybe no home."""

from pathlib import Path

from adapters.local_files.variable_groups import sections_of
from core.gate.groups import StageGroups
from core.policy import Policy, policy
from core.words import Stage
from sluss.home.settings import POLICY_FILE, VARIABLES_FILE, read_variables
from sluss.home.strict_yaml import parse, read


def home_policy(home: Path | None) -> Policy:
    """Return the policy of the home, or the default one where there is no policy.yml."""
    if home is None or not (home / POLICY_FILE).exists():
        return Policy()
    return policy(parse(read(home / POLICY_FILE), POLICY_FILE))


def home_groups(home: Path | None) -> dict[Stage, StageGroups]:
    """Return what GBI's variables of the home hold for each stage; nothing where it has none."""
    if home is None or not (home / VARIABLES_FILE).exists():
        return {}
    return sections_of(read_variables(home))
