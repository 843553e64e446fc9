"""The key of a runtime, and what a runtime says of a library."""

import pytest

from core.gate.runtimes import Runtime, runtime_key

A_RUNTIME = Runtime(
    python="3.12",
    spark="3.5.2",
    libraries={"mlflow-skinny": "2.21.3", "numpy": "1.26.4", "jinja2": "3.1.6"},
    doubtful=frozenset({"jinja2"}),
)


@pytest.mark.parametrize(
    ("spark_version", "names", "order"),
    [
        ("16.4.x-scala2.12", ("16.4.x",), (16, 4)),
        ("16.4.x-photon-scala2.12", ("16.4.x",), (16, 4)),
        ("16.4.x-aarch64-photon-scala2.13", ("16.4.x",), (16, 4)),
        ("16.4.x-cpu-ml-scala2.12", ("16.4.x-cpu-ml",), (16, 4)),
        ("17.3.x-cpu-ml-photon-scala2.13", ("17.3.x-cpu-ml",), (17, 3)),
        ("16.4.x-gpu-ml-scala2.12", ("16.4.x-gpu-ml", "16.4.x-cpu-ml"), (16, 4)),
        ("16.4.x-cpu-ml", ("16.4.x-cpu-ml",), (16, 4)),
        ("9.x-scala2.12", ("9.x",), (9, 0)),
    ],
)
def test_a_key_names_the_tables_that_speak_of_it(spark_version, names, order):
    key = runtime_key(spark_version)
    assert key is not None
    assert key.names == names
    assert key.order == order


@pytest.mark.parametrize(
    "text", ["", "latest", "16", "16.4.x/..", "../16.4.x", "16.4.X", "16.4.x-", "16.4.x\n"]
)
def test_what_is_no_key_is_none(text):
    assert runtime_key(text) is None


@pytest.mark.parametrize(
    ("name", "version", "is_sure"),
    [
        ("numpy", "1.26.4", True),
        ("jinja2", "3.1.6", False),
        ("pyspark", "3.5.2", True),  # it goes with Spark
        ("mlflow", "2.21.3", True),  # it pins mlflow-skinny to its own version
        ("six", "", False),
    ],
)
def test_a_runtime_says_how_certain_it_is(name, version, is_sure):
    assert (A_RUNTIME.version(name), A_RUNTIME.is_sure(name)) == (version, is_sure)


def test_what_is_certain_is_what_a_resolution_is_bound_to():
    assert A_RUNTIME.sure == {
        "mlflow": "2.21.3",
        "mlflow-skinny": "2.21.3",
        "numpy": "1.26.4",
        "pyspark": "3.5.2",
    }


def test_a_cluster_that_lists_pyspark_knows_better():
    imported = Runtime(python="3.12", spark="3.5.2", libraries={"pyspark": "3.5.2+db1"})
    assert imported.version("pyspark") == "3.5.2+db1"
