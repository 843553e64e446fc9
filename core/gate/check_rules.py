"""What GBI sets for single checks: the numbers and lists below ``rules`` in policy.yml."""

from typing import Annotated, Final, Literal

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=100)]  # per cent
Score = Annotated[float, msgspec.Meta(ge=0, le=10)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]

PEP_8: Final = "pep8"
TEAM: Final = "*"  # every team that is not named
NOT_PEP_8: Final = (  # what pylint says besides, and what pytest's fixtures look like to it
    "fixme", "missing-module-docstring", "redefined-outer-name", "too-few-public-methods",
)  # fmt: skip
CORE_LIBRARIES: Final = ("mlflow", "mlflow-skinny", "numpy", "pandas", "pyarrow", "pyspark")
ML_LIBRARIES: Final = (
    "accelerate", "databricks-feature-engineering", "horovod", "hyperopt", "keras", "lightgbm",
    "lightning", "optuna", "prophet", "pytorch-lightning", "ray", "sentence-transformers", "shap",
    "tensorflow", "tensorflow-cpu", "torch", "torchvision", "transformers", "xgboost",
)  # fmt: skip
GPU_LIBRARIES: Final = (
    "accelerate", "bitsandbytes", "deepspeed", "flash-attn", "horovod", "jax", "keras", "lightning",
    "pytorch-lightning", "tensorflow", "torch", "torchvision", "transformers",
)  # fmt: skip


class LintProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """pylint's messages to switch on and off; ``score`` is what a team must reach, of 10."""

    disable: tuple[str, ...] = NOT_PEP_8
    enable: tuple[str, ...] = ()
    line_length: Positive = 100
    score: Score = 5.0


class LintRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``teams`` maps a TEAM_NAME (or ``*``) to the name of its profile."""

    profiles: dict[str, LintProfile] = msgspec.field(default_factory=lambda: {PEP_8: LintProfile()})
    teams: dict[str, str] = msgspec.field(default_factory=lambda: {TEAM: PEP_8})


class TestRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``min_coverage``: 0 only shows it.

    ``accept_report``: a JUnit report of the repository's own pipeline for the same commit counts
    in place of our run. Where a repository's code cannot be shut in beside our identity, only such
    a report counts, and it is waited for ``report_wait_s`` seconds.
    """

    __test__ = False  # its name is no test's

    seconds: Seconds = 300.0
    memory_mb: Positive = 2048
    min_coverage: Share = 0.0
    accept_report: bool = False
    report_wait_s: Seconds = 1800.0


class SecretRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``baseline`` is the file in the repository that lists accepted findings by their hash."""

    baseline: str = ".secrets.baseline"
    has_entropy: bool = False
    max_history_files: Positive = 2_000


class LibraryRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clash with a core library of the runtime blocks; one with another library only warns.

    ``ml`` are libraries that only an ML runtime brings, ``gpu`` those that gain by a GPU. ``hosts``
    are those of which a requirement may name a wheel by its https address; all others are refused.
    """

    core: tuple[str, ...] = CORE_LIBRARIES
    ml: tuple[str, ...] = ML_LIBRARIES
    gpu: tuple[str, ...] = GPU_LIBRARIES
    hosts: tuple[str, ...] = ()
    seconds: Seconds = 120.0


class DuplicateRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``min_lines``: how many lines of code a copy must have, without comments and imports.

    ``templates``: repositories whose code everyone has. A repository with a file ``opt_out`` is
    neither indexed nor compared.
    """

    min_lines: Positive = 12
    templates: tuple[str, ...] = ()
    opt_out: str = ".sluss_no_duplicates"


class ReadmeRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    min_words: Count = 50
    max_words: Positive = 10_000


class NamingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``exempt`` are patterns as in fnmatch, besides the names that other tools fix."""

    exempt: tuple[str, ...] = ()


class CheckRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field per check. ``sandbox``: the weakest level at which a repository's code may run.

    ``financial_id`` is a regular expression that a whole FINANCIAL_ID must match.
    ``service_connections``: whether one has to be ready for the service principal of a stage.
    """

    sandbox: Literal["bubblewrap", "namespaces", "limits"] = "namespaces"
    financial_id: str = r"([A-Z]{2,5}-?)?[0-9]{4,10}"  # the form of a FINANCIAL_ID
    service_connections: bool = True
    lint: LintRules = LintRules()
    unit_tests: TestRules = TestRules()
    secrets: SecretRules = SecretRules()
    libraries: LibraryRules = LibraryRules()
    duplicates: DuplicateRules = DuplicateRules()
    readme: ReadmeRules = ReadmeRules()
    naming: NamingRules = NamingRules()
