"""The policy of the platform team: what blocks where, what a model may choose, and who approves."""

import difflib
import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from core.gate.check_rules import CheckRules
from core.gate.checks import CheckResult, Mode
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from core.gate.variables.table import GBI_DEFAULT
from core.people import folded

Rules = TypeVar("Rules")

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


WITHOUT_WALLS: Final = (
    "Sandbox: limits. A model's code may run without walls here, and can reach the files, the "
    "network and the secrets of this machine."
)


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
    variable to what a model may choose; the first is what GBI advises. ``platform_team`` are the
    groups whose members may send a dead letter again, and say whose an unknown address is.

    ``pipelines`` maps a project of Azure DevOps to its environments, and each of these to the
    groups whose members may decide there; of what is not named nobody decides here.

    ``build_services`` maps the account of a build service, as the host of git names it, to the id
    or address of the person who answers for what it pushes.
    """

    layout: Layout = Layout()
    checks: dict[str, CheckRule] = {}
    rules: CheckRules = CheckRules()
    blocks: dict[str, Limit] = msgspec.field(default_factory=BLOCKS.copy)
    approvers: dict[str, tuple[str, ...]] = msgspec.field(default_factory=APPROVERS.copy)
    stage_order: dict[str, str] = msgspec.field(default_factory=STAGE_ORDER.copy)
    pipelines: dict[str, dict[str, tuple[str, ...]]] = {}
    platform_team: tuple[str, ...] = ()
    build_services: dict[str, str] = {}
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
        """SHA-256 over the canonical JSON: the same policy has the same digest."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    @property
    def notice(self) -> str:
        """What every page and card says while a model's code may run without walls, or ""."""
        return WITHOUT_WALLS if self.rules.sandbox == "limits" else ""

    def pipeline_groups(self, project: str, environment: str) -> tuple[str, ...] | None:
        """The groups that decide about an environment, whatever the case; None without a rule."""
        rules = _rule_for(self.pipelines, project)
        found = None if rules is None else _rule_for(rules, environment)
        return None if found is None else tuple(filter(folded, found))

    def is_off(self, check: str) -> bool:
        """Whether it is not even run: switched off, and at no gate switched on again."""
        rule = self.checks.get(check)
        return rule is not None and rule.mode == "off" and set(rule.at.values()) <= {"off"}

    def priority(self, check: str, own: int) -> int:
        rule = self.checks.get(check)
        return own if rule is None or rule.priority is None else rule.priority

    def mode_at(self, result: CheckResult, gate: str) -> Mode:
        """Whether what a check found blocks at a gate, by its own rule or by its priority."""
        rule = self.checks.get(result.check, CheckRule())
        by_priority = result.priority <= self.blocks.get(gate, 0)
        return rule.at.get(gate) or ((rule.mode or result.mode) if by_priority else "warn")

    def rule_at(self, gate: str, results: Collection[CheckResult]) -> dict[str, str | int]:
        """What decides at a gate: its limit, its own rules, and which of these checks block there.

        A priority counts as it is ruled now, also for what was judged under another one.
        """
        own: dict[str, str | int] = {
            name: rule.at[gate] for name, rule in self.checks.items() if gate in rule.at
        }
        for found in results:
            ranked = self.priority(found.check, found.priority)
            as_now = msgspec.structs.replace(found, priority=ranked)
            if "block" in {self.mode_at(found, gate), self.mode_at(as_now, gate)}:
                own[found.check] = f"{self.mode_at(as_now, gate)} {ranked}"
        return {"": self.blocks.get(gate, 0), **own}

    def blocking(self, result: CheckResult, gate: str) -> int:
        """How much of a result stands in the way at a gate."""
        if self.mode_at(result, gate) != "block":
            return 0
        later = sum(not each.is_advice and _is_later(each.gate, gate) for each in result.findings)
        return result.to_mend - later

    def blocked_gate(self, result: CheckResult) -> str:
        """The first gate at which a result stands in the way, or ""."""
        return next((gate for gate in GATES if self.blocking(result, gate)), "")

    def until(self, stage: str) -> "Policy":
        """The same policy, but that nothing blocks at the gates behind this stage."""
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
        """Which way is better, "" when nobody has said; a prefix such as ``test_`` is left out."""
        name = metric.casefold()
        known = {key.casefold(): value for key, value in self.directions.items()}
        return known.get(name) or known.get(PART_OF_DATA.sub("", name)) or ""

    def is_better(self, metric: str, change: float) -> bool | None:
        """Whether a change is for the better; None where nobody has said which way that is."""
        way = self.direction(metric)
        if not way or not change:
            return None
        return (change > 0) == (way == "higher")

    def facts(self, *, gbi: Mapping[str, str] | None = None) -> CheckFacts:
        """What the checks of the gate may know of the policy.

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
        )

    def unknown_checks(self, known: Collection[str]) -> list[str]:
        """A sentence for each check id that the gate does not have; empty when all is well."""
        strange = [name for name in self.checks if name not in known]
        return [
            f"policy.yml: there is no check {name!r}.{near_hint(name, known)}" for name in strange
        ]


def _rule_for(rules: Mapping[str, Rules], name: str) -> Rules | None:
    wanted = folded(name)
    return next((rule for key, rule in rules.items() if wanted and folded(key) == wanted), None)


def _is_later(first: str, gate: str) -> bool:
    return first in GATES and GATES.index(first) > GATES.index(gate)


def near_hint(name: str, known: Collection[str]) -> str:
    """What somebody may have meant who wrote a name that is unknown, or ""."""
    near = difflib.get_close_matches(name, sorted(known), n=2)
    return f" Did you mean {' or '.join(near)}?" if near else ""
