"""The tables that ship are sound, and what a cluster has said is nearer than they are."""

import hashlib

import pytest
from packaging.utils import canonicalize_name

from core.gate.check_rules import CORE_LIBRARIES
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.runtimes import Runtime, runtime_key
from core.gate.variables.table import find as find_variable
from core.policy import RUNTIMES
from tests.model_repos import a_repo
from workers.gate.runtimes.imported import problem
from workers.gate.runtimes.known import (
    TABLES,
    TABLES_VERSION,
    chosen,
    find,
    known_names,
    next_release,
    shipped,
    shipped_names,
)

DIGEST = "56b6646557ef9a10"
FROM_A_CLUSTER = Runtime(python="3.12", libraries={"numpy": "1.26.5"})


def on(spark_version: str, imported: dict[str, Runtime] | None = None):
    key = runtime_key(spark_version)
    assert key is not None
    return find(key, imported or {})


def test_the_version_of_the_tables_is_raised_with_every_change():
    """What the check said before is kept under it: raise it, and write the new digest here."""
    texts = (entry.read_bytes() for entry in sorted(TABLES.iterdir(), key=lambda each: each.name))
    assert (TABLES_VERSION, hashlib.sha256(b"".join(texts)).hexdigest()[:16]) == (1, DIGEST)


@pytest.mark.parametrize("name", shipped_names())
def test_a_table_is_sound(name):
    runtime = shipped(name)
    assert problem(name, runtime) == ""
    assert runtime.doubtful <= set(runtime.libraries)
    assert [canonicalize_name(library) for library in runtime.libraries] == sorted(
        runtime.libraries
    )
    assert {"numpy", "pandas", "pyarrow", "pyspark"} <= set(runtime.sure)


def test_figures_are_those_of_the_vendor():
    plain, ml = shipped("16.4.x"), shipped("16.4.x-cpu-ml")
    assert (ml.python, ml.spark) == ("3.12", "3.5.2")
    assert (ml.version("numpy"), ml.version("torch"), plain.version("torch")) == (
        "1.26.4",
        "2.6.0",
        "",
    )
    assert (plain.is_sure("mlflow-skinny"), ml.is_sure("mlflow-skinny")) == (False, True)


@pytest.mark.parametrize("text", [*RUNTIMES, find_variable("CLUSTER_SPARK_VERSION").default])
def test_everything_that_a_model_may_choose_by_default_is_known(text):
    assert on(text) is not None


@pytest.mark.parametrize(
    ("spark_version", "name"),
    [
        ("16.4.x-photon-scala2.12", "16.4.x"),
        ("16.4.x-gpu-ml-scala2.12", "16.4.x-cpu-ml"),
        ("13.3.x-cpu-ml-scala2.12", "13.3.x-cpu-ml"),
    ],
)
def test_variants_have_the_same_libraries(spark_version, name):
    assert on(spark_version).name == name


def test_what_a_cluster_has_said_is_nearer():
    imported = {"16.4.x-gpu-ml": FROM_A_CLUSTER, "18.1.x": FROM_A_CLUSTER}
    assert on("16.4.x-gpu-ml-scala2.12", imported).runtime is FROM_A_CLUSTER
    assert on("16.4.x-cpu-ml-scala2.12", imported).runtime is shipped("16.4.x-cpu-ml")
    assert on("18.1.x-scala2.13", imported).runtime is FROM_A_CLUSTER
    assert known_names(imported)[-1] == "18.1.x"


def test_a_runtime_that_nobody_knows_is_not_checked_and_the_known_ones_are_named():
    repo = a_repo(variables="CLUSTER_SPARK_VERSION: 12.2.x-scala2.12")
    with pytest.raises(
        NotCheckedError, match=r"12\.2\.x-scala2\.12\. Known are 13\.3\.x, .*sluss runtimes import"
    ):
        chosen(repo, CheckFacts())


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("13.3.x-scala2.12", "14.3.x"),
        ("16.4.x-gpu-ml-scala2.12", "17.3.x-cpu-ml"),
        ("17.3.x-scala2.13", None),
    ],
)
def test_the_next_release_is_of_the_same_form(now, following):
    found = next_release(on(now), {})
    assert (found and found.name) == following


def test_core_libraries_are_spelled_as_the_tables_spell_them():
    assert [canonicalize_name(name) for name in CORE_LIBRARIES] == list(CORE_LIBRARIES)
