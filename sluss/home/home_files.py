"""Reads policy and variables of a home, for commands that need no server and maybe no home."""

from pathlib import Path

from core.policy import Policy, policy
from core.words import Stage
from sluss.home.settings import POLICY_FILE, VARIABLES_FILE, read_variables
from sluss.home.strict_yaml import parse, read


def home_policy(home: Path | None) -> Policy:
    """Return the policy of the home, or the default one where there is no policy.yml."""
    if home is None or not (home / POLICY_FILE).exists():
        return Policy()
    return policy(parse(read(home / POLICY_FILE), POLICY_FILE))


def home_variables(home: Path | None, stage: Stage) -> dict[str, str]:
    """Return GBI's variables of a stage: those common to all stages, overridden by its own."""
    if home is None or not (home / VARIABLES_FILE).exists():
        return {}
    sections = read_variables(home)
    return {**sections.get("common", {}), **sections.get(stage, {})}
