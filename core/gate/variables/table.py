"""The one table of all model variables: who owns each, what it may be, and what it is for."""

import difflib
from enum import StrEnum
from typing import Final

import msgspec

from core.gate.checks import GBI, MODEL_DEV
from core.words import ModelType, Stage


class VariableKind(StrEnum):
    """Who says what the value is."""

    GBI_FIXED = "GBI fixed"
    GBI_DEFAULT = "GBI default, the model may choose"
    MODEL = "model's own"


class ValueType(StrEnum):
    """What the text of a value must look like; core/gate/variables/values.py tests it."""

    NAME = "name"
    TEXT = "text"
    INTEGER = "integer"
    CHOICE = "choice"
    PATH = "path in the repository"
    URL = "address"
    IMAGE = "image reference"
    NODE_TYPE = "node type"
    RUNTIME = "runtime version"
    SECRET_NAME = "name of a secret"  # noqa: S105 - the kind of value, not a value


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A row. ``may_have_stage``: its name may also end in ``_TST``, ``_QA`` or ``_PROD``."""

    name: str
    kind: VariableKind
    type: ValueType
    help: str
    rule: str = ""
    default: str | None = None
    choices: tuple[str, ...] = ()
    example: str = ""
    stage: Stage | None = None
    is_required: bool = False
    may_have_stage: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether the value names a secret; it is hidden should it be the secret instead."""
        return self.type is ValueType.SECRET_NAME

    @property
    def owner(self) -> str:
        return MODEL_DEV if self.kind is VariableKind.MODEL else GBI


def _of_each_stage(
    name: str, stages: tuple[Stage, ...], kind: ValueType, text: str
) -> list[Variable]:
    return [
        Variable(
            name=f"{name}_{stage}",
            kind=VariableKind.GBI_FIXED,
            type=kind,
            help=f"{text} {stage}.",
            stage=stage,
        )
        for stage in stages
    ]


def _fixed(name: str, kind: ValueType, text: str, *, may_have_stage: bool = False) -> Variable:
    return Variable(
        name=name, kind=VariableKind.GBI_FIXED, type=kind, help=text, may_have_stage=may_have_stage
    )


EVERY_STAGE: Final = (Stage.TST, Stage.QA, Stage.PROD)
AFTER_TST: Final = (Stage.QA, Stage.PROD)

GBI_FIXED: Final = (
    *_of_each_stage("WORKSPACE_URL", EVERY_STAGE, ValueType.URL, "The workspace of"),
    _fixed("OAUTH2_TOKEN_URL", ValueType.URL, "Where tokens are asked for.", may_have_stage=True),
    _fixed("OAUTH2_ID", ValueType.NAME, "The client id that asks for tokens.", may_have_stage=True),
    _fixed(
        "OAUTH2_SECRETS_NAME",
        ValueType.SECRET_NAME,
        "The name in the key vault of the client's secret.",
        may_have_stage=True,
    ),
    *_of_each_stage("SPN", AFTER_TST, ValueType.NAME, "The service principal that runs on"),
    *_of_each_stage("DATABRICKS_CLUSTER_NAME", EVERY_STAGE, ValueType.TEXT, "The cluster of"),
    _fixed(
        "CLUSTER_AUTOTERMINATION_MINUTES", ValueType.INTEGER, "Idle minutes until a cluster ends."
    ),
    _fixed("NOTEBOOK_PATH", ValueType.TEXT, "The folder in the workspace that a model is put in."),
    _fixed("TRAIN_JOB_NAME", ValueType.TEXT, "The job that trains."),
    _fixed("SCORE_JOB_NAME", ValueType.TEXT, "The job that scores."),
    _fixed("CMR_SCOPE", ValueType.SECRET_NAME, "The secret scope of the central model registry."),
    _fixed(
        "CMR_PREFIX",
        ValueType.SECRET_NAME,
        "The prefix of its secrets: <prefix>-host, <prefix>-token and <prefix>-workspace-id.",
    ),
)

GBI_DEFAULT: Final = (
    Variable(
        name="CLUSTER_SPARK_VERSION",
        kind=VariableKind.GBI_DEFAULT,
        type=ValueType.RUNTIME,
        default="16.4.x-cpu-ml-scala2.12",
        rule="a runtime key from GBI's allow-list",
        help="The Databricks runtime of the cluster.",
    ),
    Variable(
        name="CLUSTER_NODE_TYPE_ID",
        kind=VariableKind.GBI_DEFAULT,
        type=ValueType.NODE_TYPE,
        default="Standard_DS3_v2",
        rule="a node type from GBI's allow-list",
        help="The node type of the workers.",
    ),
    Variable(
        name="CLUSTER_DRIVER_NODE_ID",
        kind=VariableKind.GBI_DEFAULT,
        type=ValueType.NODE_TYPE,
        default="Standard_DS3_v2",
        rule="a node type from GBI's allow-list, not a number",
        help="The node type of the driver.",
    ),
    Variable(
        name="MODEL_SRC_PATH",
        kind=VariableKind.GBI_DEFAULT,
        type=ValueType.PATH,
        default="src",
        rule="a folder in the repository, without .. and not absolute",
        help="The folder of train.py and score.py.",
    ),
)

MODEL: Final = (
    Variable(
        name="MODEL_NAME",
        kind=VariableKind.MODEL,
        type=ValueType.NAME,
        rule="2 to 100 letters, digits, _ or -, starting with a letter",
        help="The model's name in the registry; the first repository that claims it keeps it.",
        example="loan_default",
        is_required=True,
    ),
    Variable(
        name="TEAM_NAME",
        kind=VariableKind.MODEL,
        type=ValueType.TEXT,
        rule="the name of the team's group in the directory",
        help="The team that owns the model: its members accept and request.",
        example="credit_risk",
        is_required=True,
    ),
    Variable(
        name="ENVIRONMENT_FILE",
        kind=VariableKind.MODEL,
        type=ValueType.CHOICE,
        default="conda",
        choices=("conda", "pip"),
        rule="conda (conda.yml) or pip (requirements.txt); that file must be there, the other not",
        help="Which file lists the libraries.",
    ),
    Variable(
        name="CLUSTER_MIN_WORKER_NODE",
        kind=VariableKind.MODEL,
        type=ValueType.INTEGER,
        rule="a number, only together with CLUSTER_MAX_WORKER_NODE and not above it",
        help="The fewest workers of the cluster.",
        example="1",
    ),
    Variable(
        name="CLUSTER_MAX_WORKER_NODE",
        kind=VariableKind.MODEL,
        type=ValueType.INTEGER,
        rule="a number, only together with CLUSTER_MIN_WORKER_NODE and within GBI's bound",
        help="The most workers of the cluster.",
        example="4",
    ),
    Variable(
        name="MODEL_TYPE",
        kind=VariableKind.MODEL,
        type=ValueType.CHOICE,
        default=ModelType.SUPERVISED,
        choices=tuple(ModelType),
        rule="Supervised, Unsupervised or rulebased",
        help="What kind of model it is; a rulebased one is not trained.",
    ),
    Variable(
        name="ARTIFACTORY_REPOSITORY_MODEL",
        kind=VariableKind.MODEL,
        type=ValueType.NAME,
        rule="letters, digits, ., _ or -",
        help="The Artifactory repository that keeps the model's artifacts.",
        example="models-generic-local",
    ),
    Variable(
        name="IMAGE",
        kind=VariableKind.MODEL,
        type=ValueType.IMAGE,
        rule="[registry/]name:tag or name@sha256:digest; not latest, which moves",
        help="The container image that the model runs in.",
        example="registry.internal/models/python:3.11.9",
    ),
    Variable(
        name="DATASET_NAME",
        kind=VariableKind.MODEL,
        type=ValueType.TEXT,
        rule="one line",
        help="The data set that the model learns from.",
        example="loans",
        is_required=True,
    ),
    Variable(
        name="DATASET_TEMPLATE_FILE",
        kind=VariableKind.MODEL,
        type=ValueType.PATH,
        rule="a YAML file in the repository with tables: and parameters:",
        help="The file that says where the tables are, and the parameters of a run.",
        example="dataset_template.yml",
        is_required=True,
    ),
    Variable(
        name="ADF_JOB",
        kind=VariableKind.MODEL,
        type=ValueType.TEXT,
        rule="one line",
        help="The Data Factory pipeline that scores on schedule.",
        example="score_loan_default_daily",
        is_required=True,
    ),
    Variable(
        name="CATEGORY",
        kind=VariableKind.MODEL,
        type=ValueType.TEXT,
        rule="one line",
        help="The category of the model in the bank's model inventory.",
        example="credit_risk",
        is_required=True,
    ),
    Variable(
        name="FINANCIAL_ID",
        kind=VariableKind.MODEL,
        type=ValueType.NAME,
        rule="letters, digits, ., _ or -",
        help="Who pays; it fills the request for a service principal.",
        example="DEMO-0000",
    ),
)

VARIABLES: Final = (*GBI_FIXED, *GBI_DEFAULT, *MODEL)
_BY_NAME: Final = {variable.name: variable for variable in VARIABLES}


def find(name: str) -> Variable | None:
    """The row of a name, without case; OAUTH2_ID_QA finds OAUTH2_ID."""
    upper = name.upper()
    if upper in _BY_NAME:
        return _BY_NAME[upper]
    base, _, stage = upper.rpartition("_")
    row = _BY_NAME.get(base)
    return row if row and row.may_have_stage and stage in set(Stage) else None


def near(name: str) -> list[str]:
    """The names, two at most, that were perhaps meant: those that a model may set come first."""
    settable = [row.name for row in (*MODEL, *GBI_DEFAULT)]
    wanted = name.upper().replace("-", "_").replace(" ", "_")
    close = difflib.get_close_matches(wanted, settable, n=2, cutoff=0.7)
    return close or difflib.get_close_matches(wanted, [*_BY_NAME], n=1, cutoff=0.8)
