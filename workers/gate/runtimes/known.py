"""The known runtimes: tables that ship with Sluss; what GBI imported from clusters comes first."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.runtimes import Runtime, RuntimeKey, runtime_key
from core.gate.variables import model_settings

TABLES: Final = files("workers.gate.runtimes") / "tables"
ENDING: Final = ".json"
TABLES_VERSION: Final = 1  # Raise it with every change of a table, as cached answers depend on it.

UNKNOWN: Final = (
    "nothing is known about the libraries of {runtime}. Known are {known}; GBI can import others "
    "with `sluss runtimes import NAME FILE`"
)


class Chosen(msgspec.Struct, frozen=True):
    """The runtime that a model runs on; ``name`` is the name of its table."""

    key: RuntimeKey
    name: str
    runtime: Runtime


def shipped_names() -> list[str]:
    names = [entry.name.removesuffix(ENDING) for entry in TABLES.iterdir()]
    return sorted(names, key=_order)


@cache
def shipped(name: str) -> Runtime:
    """Return the shipped table of this name, one of ``shipped_names``."""
    return msgspec.json.decode((TABLES / f"{name}{ENDING}").read_bytes(), type=Runtime)


def known_names(imported: Mapping[str, Runtime]) -> list[str]:
    return sorted({*shipped_names(), *imported}, key=_order)


def find(key: RuntimeKey, imported: Mapping[str, Runtime]) -> Chosen | None:
    """Find a runtime; an imported one comes first, as it is what the cluster really has."""
    for known in (imported, shipped_names()):
        name = next((name for name in key.names if name in known), None)
        if name is not None:
            return Chosen(key, name, imported[name] if name in imported else shipped(name))
    return None


def chosen(repo: ModelRepo, facts: CheckFacts) -> Chosen:
    """Return the model's runtime. Raise NotCheckedError when no table has it."""
    spark_version = model_settings(repo, layout=facts.layout, gbi=facts.gbi).runtime
    key = runtime_key(spark_version)
    found = find(key, facts.runtimes) if key else None
    if found is None:
        known = ", ".join(known_names(facts.runtimes))
        raise NotCheckedError(UNKNOWN.format(runtime=spark_version, known=known))
    return found


def next_release(now: Chosen, imported: Mapping[str, Runtime]) -> Chosen | None:
    """Return the same variant of the next long-term release that we ship, or None."""
    keys = [key for key in map(runtime_key, shipped_names()) if key is not None]
    later = [key for key in keys if key.order > now.key.order and key.is_ml == now.key.is_ml]
    if not later:
        return None
    following = min(later, key=lambda key: key.order)
    return find(RuntimeKey(following.release, now.key.flags), imported)


def _order(name: str) -> tuple[tuple[int, int], str]:
    key = runtime_key(name)
    return (key.order if key else (0, 0), name)
