"""Reads policy.yml strictly: what is unknown is refused, with what may have been meant."""

import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from core.errors import SettingsError
from core.gate.check_rules import (
    CheckRules,
    DuplicateRules,
    LibraryRules,
    LintProfile,
    LintRules,
    NamingRules,
    ReadmeRules,
    SecretRules,
    TestRules,
)
from core.gate.layout import Layout
from core.people import folded
from core.policy.policy import (
    ALLOWED,
    APPROVERS,
    BLOCKS,
    DIRECTIONS,
    GATES,
    STAGE_ORDER,
    STAGES,
    CheckRule,
    Policy,
    near_hint,
)
from core.wrong_form import wrong_form

MERGED: Final[Mapping[str, Mapping[str, object]]] = {
    "blocks": BLOCKS,
    "approvers": APPROVERS,
    "stage_order": STAGE_ORDER,
    "directions": DIRECTIONS,
    "allowed": ALLOWED,
}
RULES: Final = (
    CheckRules, LintRules, LintProfile, TestRules, SecretRules, LibraryRules, DuplicateRules,
    ReadmeRules, NamingRules,
)  # fmt: skip
ONE_PLACE: Final = (
    "{field} has {name!r}, and a rule is for one project and one environment, each by its own name."
)
UNKNOWN_FIELD: Final = re.compile(r"unknown field `(?P<name>[^`]*)`")


def policy(data: object) -> Policy:
    """What is not said keeps its default, entry by entry; raise SettingsError for anything unknown.

    ``data`` is the decoded policy.yml; None (an empty file) is the default policy.
    """
    if data is None:
        return Policy()
    if not isinstance(data, dict):
        raise SettingsError(_sentence("it must be a mapping of rules."))
    try:
        read = msgspec.convert(_merged(data), Policy)
    except msgspec.ValidationError as error:
        problem = f"{wrong_form(error)}.{_unknown_field_hint(str(error))}"
        raise SettingsError(_sentence(problem)) from error
    _check_keys("blocks", read.blocks, GATES)
    _check_keys("approvers", read.approvers, STAGES)
    _check_keys("stage_order", read.stage_order, STAGES)
    for name, rule in read.checks.items():
        _check_keys(f"checks.{name}.at", rule.at, GATES)
    _check_patterns(read.rules)
    _check_pipelines(read.pipelines)
    return read


def _merged(data: Mapping[object, object]) -> dict[object, object]:
    merged = dict(data)
    for name, defaults in MERGED.items():
        given = data.get(name)
        if isinstance(given, dict):
            merged[name] = {**defaults, **given}
    return merged


def _check_keys(field: str, given: Collection[str], known: Collection[str]) -> None:
    strange = next((name for name in given if name not in known), None)
    if strange is None:
        return
    hint = near_hint(strange, known) or f" It has {', '.join(known)}."
    raise SettingsError(_sentence(f"{field} has no {strange!r}.{hint}"))


def _check_patterns(rules: CheckRules) -> None:
    try:
        re.compile(rules.financial_id)
    except re.error as error:
        problem = f"rules.financial_id is no regular expression ({error})."
        raise SettingsError(_sentence(problem)) from error
    strange = set(rules.lint.teams.values()) - set(rules.lint.profiles)
    if strange:
        problem = f"rules.lint.profiles has no {min(strange)!r}, which rules.lint.teams names."
        raise SettingsError(_sentence(problem))


def _check_pipelines(pipelines: Mapping[str, Mapping[str, object]]) -> None:
    """One place has one rule, and a rule is for one place that somebody has named."""
    _check_names("pipelines", pipelines)
    for project, environments in pipelines.items():
        _check_names(f"pipelines.{project}", environments)


def _check_names(field: str, names: Collection[str]) -> None:
    seen: set[str] = set()
    for name in map(folded, names):
        if name in seen:
            raise SettingsError(_sentence(f"{field} has {name!r} twice; case makes no difference."))
        if not name or "*" in name:
            raise SettingsError(_sentence(ONE_PLACE.format(field=field, name=name)))
        seen.add(name)


def _unknown_field_hint(error: str) -> str:
    found = UNKNOWN_FIELD.search(error)
    if found is None:
        return ""
    structs = (Policy, CheckRule, Layout, *RULES)
    known = {name for struct in structs for name in struct.__struct_fields__}
    return near_hint(found["name"], known)


def _sentence(problem: str) -> str:
    return f"policy.yml: {problem} Nothing was started; mend the file and start again."
