"""Each variable's value for a stage, who owns it, and where the value comes from."""

from collections.abc import Mapping
from typing import Final

import msgspec

from core.gate.variables.read import Value
from core.gate.variables.rules import SECRET_NAME, canonical, problem
from core.gate.variables.table import VARIABLES, Kind, Variable
from core.words import Stage

DEFAULT: Final = "default"
NOT_SET: Final = "not set"
HIDDEN: Final = "(hidden)"
KEY_LENGTH: Final = 24  # mixed characters of this length are a key, not a word


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """One variable as the stage gets it; ``value`` never holds a secret, at most its name."""

    name: str
    value: str | None
    owner: str
    source: str
    kind: Kind
    is_secret: bool = False


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where values come from; ``gbi`` is GBI's variable groups for the stage."""

    model: Mapping[str, Value] = {}
    model_path: str = "model_variables.yml"
    gbi: Mapping[str, str] = {}


def resolve(sources: Sources, stage: Stage) -> tuple[Resolved, ...]:
    """Every variable of the table that matters at the stage, in the table's order."""
    gbi = {name.upper(): value for name, value in sources.gbi.items()}
    rows = [row for row in VARIABLES if row.stage in {None, stage}]
    return tuple(_resolved(row, _found(row, sources, gbi, stage)) for row in rows)


def as_values(resolved: tuple[Resolved, ...]) -> dict[str, str]:
    """Names and values of what has a value."""
    return {each.name: each.value for each in resolved if each.value is not None}


def _found(
    row: Variable, sources: Sources, gbi: Mapping[str, str], stage: Stage
) -> tuple[str | None, str]:
    """The value and its source: the model where it may say, then GBI, then the default."""
    own = sources.model.get(row.name)
    may_set = row.kind is not Kind.GBI_FIXED
    if may_set and own is not None and own.text is not None and not problem(row, own.text):
        return canonical(row, own.text), f"{sources.model_path}:{own.line}"
    names = (f"{row.name}_{stage}", row.name) if row.may_have_stage else (row.name,)
    given = next((name for name in names if gbi.get(name)), None)
    if row.kind is not Kind.MODEL and given is not None:
        return gbi[given], f"GBI's variables for {stage}"
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
