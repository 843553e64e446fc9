"""policy.yml: the platform team's rules, as data. Never editable from a model repository."""

import difflib
import hashlib
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from core.errors import SettingsError

Mode = Literal["block", "warn", "off"]

HIGHER: Final = (
    "accuracy", "auc", "average_precision", "f1", "gini", "ks", "precision", "r2", "recall",
    "roc_auc", "silhouette",
)  # fmt: skip
LOWER: Final = ("brier", "log_loss", "loss", "mae", "mape", "mse", "rmse")
RUNTIMES: Final = tuple(
    f"{runtime}.x{kind}-scala2.{13 if runtime >= '17' else 12}"
    for runtime in ("13.3", "14.3", "15.4", "16.4", "17.3")
    for kind in ("", "-cpu-ml")
)
NODE_TYPES: Final = ("Standard_DS3_v2", "Standard_DS4_v2", "Standard_DS5_v2", "Standard_E8ds_v4")
BLOCKS: Final = {"run": 1, "acceptance": 1, "QA": 2, "PROD": 3}
ALLOWED: Final = {
    "CLUSTER_SPARK_VERSION": RUNTIMES,
    "CLUSTER_NODE_TYPE_ID": NODE_TYPES,
    "CLUSTER_DRIVER_NODE_ID": NODE_TYPES,
}


class CheckRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the policy says of one check; None keeps the check's own priority."""

    mode: Mode = "block"
    priority: int | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``blocks``: findings up to that priority stand before the gate of that name.

    ``run`` is the gate before any code of the repository runs. ``approvers``: the groups that
    decide about a stage. ``directions``: whether more of a metric is better.
    """

    blocks: dict[str, int] = msgspec.field(default_factory=lambda: dict(BLOCKS))
    checks: dict[str, CheckRule] = {}
    approvers: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"QA": ("approvers",), "PROD": ("approvers",)}
    )
    stage_order: dict[str, str] = msgspec.field(default_factory=lambda: {"PROD": "QA"})
    layout: dict[str, str] = {}
    allowed: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: dict(ALLOWED))
    max_workers: int = 16
    train_required: tuple[str, ...] = ("Supervised", "Unsupervised")
    directions: dict[str, Literal["higher", "lower"]] = {}
    time_limit_s: float = 1800.0
    memory_limit_mb: int = 4096
    max_files: int = 5000
    max_bytes: int = 100_000_000

    @property
    def digest(self) -> str:
        """SHA-256 over the whole policy: events and approvals name the one they relied on."""
        encoded = msgspec.json.encode(self, order="deterministic")
        return hashlib.sha256(encoded).hexdigest()

    def mode(self, check: str) -> Mode:
        rule = self.checks.get(check)
        return rule.mode if rule else "block"

    def priority(self, check: str, default: int) -> int:
        rule = self.checks.get(check)
        return rule.priority if rule and rule.priority is not None else default

    def is_better(self, metric: str, change: float) -> bool | None:
        """Whether a change is for the better; None where nobody has said which way is up."""
        name = metric.casefold()
        known = {key.casefold(): way for key, way in self.directions.items()}
        way = known.get(name) or _known_direction(name)
        if not way or not change:
            return None
        return (change > 0) == (way == "higher")


def policy(data: object) -> Policy:
    """Parse policy.yml's content; raise SettingsError that names the key."""
    if data is None:
        return Policy()
    if isinstance(data, Mapping):
        _refuse_unknown(data)
    try:
        return msgspec.convert(data, Policy)
    except msgspec.ValidationError as error:
        raise SettingsError(f"policy.yml: {error}. Nothing was started; mend it first.") from None


def _refuse_unknown(data: Mapping[object, object]) -> None:
    names = Policy.__struct_fields__
    for key in data:
        if key in names:
            continue
        near = difflib.get_close_matches(str(key), names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SettingsError(f"policy.yml: there is no setting {key!r}.{hint} Nothing was started.")


def _known_direction(metric: str) -> str:
    if metric in HIGHER:
        return "higher"
    return "lower" if metric in LOWER else ""
