"""policy.yml: the rules of the platform team, strict to read and bound to approvals by digest."""

import difflib
import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Final, Literal

import msgspec

from core.errors import SettingsError
from core.gate.checks import CheckResult, Mode
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from core.gate.rules import (
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
from core.gate.variables.table import GBI_DEFAULT

Priority = Annotated[int, msgspec.Meta(ge=1, le=5)]
Limit = Annotated[int, msgspec.Meta(ge=0, le=5)]  # 0: nothing blocks there
Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]

GATES: Final = ("run", "acceptance", "QA", "PROD")
STAGES: Final = ("QA", "PROD")
BLOCKS: Final = {"run": 1, "acceptance": 1, "QA": 2, "PROD": 3}
APPROVERS: Final[dict[str, tuple[str, ...]]] = {"QA": ("approvers",), "PROD": ("approvers",)}
STAGE_ORDER: Final = {"PROD": "QA"}

HIGHER_IS_BETTER: Final = (
    "accuracy", "auc", "average_precision", "balanced_accuracy", "f1", "gini", "ks", "precision",
    "r2", "recall", "roc_auc", "silhouette",
)  # fmt: skip
LOWER_IS_BETTER: Final = ("brier", "inertia", "log_loss", "loss", "mae", "mape", "mse", "rmse")
DIRECTIONS: Final[dict[str, Literal["higher", "lower"]]] = {
    **dict.fromkeys(HIGHER_IS_BETTER, "higher"),
    **dict.fromkeys(LOWER_IS_BETTER, "lower"),
}
PART_OF_DATA: Final = re.compile(r"^(train|test|val|valid|validation|holdout|oot)_")

# The runtimes with long-term support, the advised one first; from 17 on with Scala 2.13.
RUNTIMES: Final = (
    "16.4.x-cpu-ml-scala2.12", "16.4.x-scala2.12", "16.4.x-gpu-ml-scala2.12",
    "17.3.x-cpu-ml-scala2.13", "17.3.x-scala2.13", "17.3.x-gpu-ml-scala2.13",
    "15.4.x-cpu-ml-scala2.12", "15.4.x-scala2.12", "15.4.x-gpu-ml-scala2.12",
    "14.3.x-cpu-ml-scala2.12", "14.3.x-scala2.12", "14.3.x-gpu-ml-scala2.12",
)  # fmt: skip
NODE_TYPES: Final = (
    "Standard_DS3_v2", "Standard_DS4_v2", "Standard_DS5_v2", "Standard_D4ds_v5", "Standard_D8ds_v5",
    "Standard_D16ds_v5", "Standard_E4ds_v5", "Standard_E8ds_v5", "Standard_NC4as_T4_v3",
)  # fmt: skip
ALLOWED: Final[dict[str, tuple[str, ...]]] = {
    "CLUSTER_SPARK_VERSION": RUNTIMES,
    "CLUSTER_NODE_TYPE_ID": NODE_TYPES,
    "CLUSTER_DRIVER_NODE_ID": NODE_TYPES,
}
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
UNKNOWN_FIELD: Final = re.compile(r"unknown field `(?P<name>[^`]*)`")


class CheckRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the bank says about one check; what it leaves out is as the check says itself.

    ``at`` maps a gate to the mode there, whatever the priority.
    """

    mode: Mode | None = None
    priority: Priority | None = None
    at: dict[str, Mode] = {}


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``blocks`` maps a gate to the priority up to which findings stand in its way.

    ``stage_order`` maps a stage to the one that must hold the version first. ``allowed`` maps a
    variable to what a model may choose; the first is what GBI advises.
    """

    layout: Layout = Layout()
    checks: dict[str, CheckRule] = {}
    rules: CheckRules = CheckRules()
    blocks: dict[str, Limit] = msgspec.field(default_factory=BLOCKS.copy)
    approvers: dict[str, tuple[str, ...]] = msgspec.field(default_factory=APPROVERS.copy)
    stage_order: dict[str, str] = msgspec.field(default_factory=STAGE_ORDER.copy)
    allowed: dict[str, tuple[str, ...]] = msgspec.field(default_factory=ALLOWED.copy)
    directions: dict[str, Literal["higher", "lower"]] = msgspec.field(
        default_factory=DIRECTIONS.copy
    )
    train_required: frozenset[str] = frozenset({"Supervised", "Unsupervised"})
    max_workers: Positive = 16
    max_files: Positive = 5_000
    max_bytes: Positive = 100 * 1024 * 1024
    time_limit_s: Seconds = 1800.0
    memory_limit_mb: Positive = 4096

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON: the same rules have the same digest."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    def is_off(self, check: str) -> bool:
        """Whether it is not even run: switched off, and at no gate switched on again."""
        rule = self.checks.get(check)
        return rule is not None and rule.mode == "off" and set(rule.at.values()) <= {"off"}

    def priority(self, check: str, own: int) -> int:
        rule = self.checks.get(check)
        return own if rule is None or rule.priority is None else rule.priority

    def blocking(self, result: CheckResult, gate: str) -> int:
        """How much of a result stands in the way at a gate."""
        rule = self.checks.get(result.check, CheckRule())
        by_priority = result.priority <= self.blocks.get(gate, 0)
        mode = rule.at.get(gate) or ((rule.mode or result.mode) if by_priority else "warn")
        if mode != "block":
            return 0
        later = sum(not each.is_advice and _is_later(each.gate, gate) for each in result.findings)
        return result.to_mend - later

    def blocked_gate(self, result: CheckResult) -> str:
        """The first gate at which a result stands in the way, or ""."""
        return next((gate for gate in GATES if self.blocking(result, gate)), "")

    def until(self, stage: str) -> "Policy":
        """The same rules for who asks what stands before a stage: behind it nothing blocks."""
        last = GATES.index(stage) if stage in GATES else GATES.index("acceptance")
        later = frozenset(GATES[last + 1 :])
        checks = {
            name: msgspec.structs.replace(
                rule, at={gate: mode for gate, mode in rule.at.items() if gate not in later}
            )
            for name, rule in self.checks.items()
        }
        blocks = {**self.blocks, **dict.fromkeys(later, 0)}
        return msgspec.structs.replace(self, checks=checks, blocks=blocks)

    def direction(self, metric: str) -> Literal["higher", "lower", ""]:
        """Which way is better; a prefix such as ``test_`` does not matter, "" is not known."""
        name = metric.casefold()
        known = {key.casefold(): value for key, value in self.directions.items()}
        return known.get(name) or known.get(PART_OF_DATA.sub("", name)) or ""

    def is_better(self, metric: str, change: float) -> bool | None:
        """Whether a change is for the better; None where nobody has said which way that is."""
        way = self.direction(metric)
        if not way or not change:
            return None
        return (change > 0) == (way == "higher")

    def facts(
        self,
        *,
        gbi: Mapping[str, str] | None = None,
        variable_groups: Mapping[str, frozenset[str]] | None = None,
    ) -> CheckFacts:
        """What the checks of the gate may know of these rules.

        ``gbi`` is what GBI's variable groups hold: only what a model may choose is handed on.
        """
        may_choose = {row.name for row in GBI_DEFAULT}
        known = {name.upper(): value for name, value in (gbi or {}).items()}
        return CheckFacts(
            allowed=self.allowed,
            max_workers=self.max_workers,
            max_files=self.max_files,
            max_bytes=self.max_bytes,
            train_required=self.train_required,
            layout=self.layout,
            rules=self.rules,
            gbi={name: value for name, value in known.items() if name in may_choose},
            variable_groups=variable_groups,
        )

    def unknown_checks(self, known: Collection[str]) -> list[str]:
        """A sentence for each check id that the gate does not have; empty when all is well."""
        strange = [name for name in self.checks if name not in known]
        return [f"policy.yml: there is no check {name!r}.{_hint(name, known)}" for name in strange]


def _is_later(first: str, gate: str) -> bool:
    return first in GATES and GATES.index(first) > GATES.index(gate)


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
        raise SettingsError(_sentence(f"{error}.{_unknown_field_hint(str(error))}")) from error
    _check_keys("blocks", read.blocks, GATES)
    _check_keys("approvers", read.approvers, STAGES)
    _check_keys("stage_order", read.stage_order, STAGES)
    for name, rule in read.checks.items():
        _check_keys(f"checks.{name}.at", rule.at, GATES)
    _check_patterns(read.rules)
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
    hint = _hint(strange, known) or f" It has {', '.join(known)}."
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


def _unknown_field_hint(error: str) -> str:
    found = UNKNOWN_FIELD.search(error)
    if found is None:
        return ""
    structs = (Policy, CheckRule, Layout, *RULES)
    known = {name for struct in structs for name in struct.__struct_fields__}
    return _hint(found["name"], known)


def _hint(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=2)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _sentence(problem: str) -> str:
    return f"policy.yml: {problem} Nothing was started; mend the file and start again."
