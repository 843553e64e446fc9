"""Each variable's value for a stage, its owner and its source; and the settings that steps use."""

from collections.abc import Mapping
from typing import Final

import msgspec

from core.gate.checks import ModelRepo
from core.gate.layout import Layout
from core.gate.variables.read import Value, read
from core.gate.variables.table import VARIABLES, Variable, VariableKind, find
from core.gate.variables.values import SECRET_NAME, canonical, problem
from core.words import ModelType, Stage

DEFAULT: Final = "default"
NOT_SET: Final = "not set"
GROUPS: Final = "GBI's variables for {stage}"
HIDDEN: Final = "(hidden)"
KEY_LENGTH: Final = 24  # mixed characters of this length are a key, not a word


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """One variable as the stage gets it; ``value`` never holds a secret, at most its name.

    ``is_unreadable``: it is set, and as it is a secret variable nobody can read its value here.
    """

    name: str
    value: str | None
    owner: str
    source: str
    kind: VariableKind
    is_secret: bool = False
    is_unreadable: bool = False


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where values come from; ``gbi`` is GBI's variable groups for the stage.

    ``secrets`` are the names in upper case that the groups hold besides, as secret variables.
    """

    model: Mapping[str, Value] = {}
    model_path: str = "model_variables.yml"
    gbi: Mapping[str, str] = {}
    secrets: frozenset[str] = frozenset()


def resolve(sources: Sources, stage: Stage) -> tuple[Resolved, ...]:
    """Every variable of the table that matters at the stage, in the table's order."""
    gbi = {name.upper(): value for name, value in sources.gbi.items()}
    given = {**dict.fromkeys(sources.secrets), **gbi}
    rows = [row for row in VARIABLES if row.stage in {None, stage}]
    return tuple(_resolved(row, _found(row, sources, given, stage)) for row in rows)


def as_values(resolved: tuple[Resolved, ...]) -> dict[str, str]:
    """Names and values of what has a value."""
    return {each.name: each.value for each in resolved if each.value is not None}


def _found(
    row: Variable, sources: Sources, gbi: Mapping[str, str | None], stage: Stage
) -> tuple[str | None, str]:
    """The value and its source: the model where it may say, then GBI, then the default.

    What GBI holds as a secret variable has a source and no value: no default stands in for it.
    """
    own = sources.model.get(row.name)
    may_set = row.kind is not VariableKind.GBI_FIXED
    if may_set and own is not None and own.text is not None and not problem(row, own.text):
        return canonical(row, own.text), f"{sources.model_path}:{own.line}"
    names = (f"{row.name}_{stage}", row.name) if row.may_have_stage else (row.name,)
    given = next((name for name in names if gbi.get(name, "") != ""), None)
    if row.kind is not VariableKind.MODEL and given is not None:
        return gbi[given], GROUPS.format(stage=stage)
    return (row.default, DEFAULT) if row.default is not None else (None, NOT_SET)


def _resolved(row: Variable, found: tuple[str | None, str]) -> Resolved:
    value, source = found
    return Resolved(
        name=row.name,
        value=_shown(row, value),
        owner=row.owner,
        source=source,
        kind=row.kind,
        is_secret=row.is_secret,
        is_unreadable=value is None and source != NOT_SET,
    )


def _shown(row: Variable, value: str | None) -> str | None:
    """Somebody may have put a secret where its name belongs: then nothing of it is shown."""
    if value is None or not row.is_secret or looks_like_name(value):
        return value
    return HIDDEN


def looks_like_name(value: str) -> bool:
    """Names of secrets are words with dashes; a key is long and mixes cases and digits."""
    if not SECRET_NAME.fullmatch(value):
        return False
    is_mixed = any(c.isdigit() for c in value) and any(c.isupper() for c in value)
    return len(value) < 2 * KEY_LENGTH and not (is_mixed and len(value) >= KEY_LENGTH)


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Paths are as the repository spells them; ``variables`` holds no secret.

    ``unreadable`` are variables that are set as secret ones: nobody can read their values here.
    """

    model: str
    team: str
    model_type: ModelType
    source_path: str
    environment_file: str
    dataset_template: str
    runtime: str
    variables: dict[str, str]
    unreadable: tuple[str, ...] = ()


def model_settings(
    repo: ModelRepo,
    *,
    layout: Layout | None = None,
    gbi: Mapping[str, str] | None = None,
    secrets: frozenset[str] = frozenset(),
    stage: Stage = Stage.TST,
) -> ModelSettings:
    """Read what is there and take the default for the rest; the gate says what is missing.

    ``gbi`` and ``secrets`` are what GBI's groups of the stage hold, as in ``Sources``.
    """
    layout = layout or Layout()
    path = repo.find(layout.variables)
    values = read(repo.files[path], path).values if path else {}
    sources = Sources(
        model=values, model_path=path or layout.variables, gbi=gbi or {}, secrets=secrets
    )
    resolved = resolve(sources, stage)
    variables = as_values(resolved)
    environment = layout.environment(variables["ENVIRONMENT_FILE"])
    template = variables.get("DATASET_TEMPLATE_FILE", "")
    return ModelSettings(
        model=variables.get("MODEL_NAME", ""),
        team=variables.get("TEAM_NAME", ""),
        model_type=ModelType(variables["MODEL_TYPE"]),
        source_path=_or_default(variables, "MODEL_SRC_PATH").strip("/"),
        environment_file=repo.find(environment) or environment,
        dataset_template=repo.find(template) or template,
        runtime=_or_default(variables, "CLUSTER_SPARK_VERSION"),
        variables=variables,
        unreadable=tuple(each.name for each in resolved if each.is_unreadable),
    )


def _or_default(variables: Mapping[str, str], name: str) -> str:
    """The value, or the default in place of one that nobody can read: who works with it asks."""
    row = find(name)
    assert row is not None
    return variables.get(name) or row.default or ""
