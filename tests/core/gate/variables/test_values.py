"""Each kind of value has its rule, and placeholders are no values."""

import pytest

from core.gate.variables import canonical, find, problem


def of(name):
    row = find(name)
    assert row is not None
    return row


@pytest.mark.parametrize(
    "value",
    [
        "TODO", "todo: ask Ann", "tbd", "FIXME", "xxx", "XXXX", "<name>", "<your model>", "???",
        "...", "-", "n/a", "None", "changeme", "change-me", "fill in", "your_model_name",
        "{{ name }}", "[name]", "__NAME__", "placeholder", "Enter name",
        "TBC", "to be decided", "xxx-xxx", "n.a.", "example", "foo", "%TEAM%", "$TEAM", "${TEAM}",
        "#{TEAM}#", "@@TEAM@@",
    ],
)  # fmt: skip
def test_a_placeholder_is_no_value(value):
    assert problem(of("TEAM_NAME"), value) == "is a placeholder"


@pytest.mark.parametrize(
    "value",
    [
        "todos",
        "Xerox",
        "maximum",
        "Nonets",
        "Tbilisi",
        "my-team",
        "a.b",
        "Fix Merchants",
        "barley",
        "x",
    ],
)
def test_a_word_that_only_looks_like_one_is_fine(value):
    assert problem(of("TEAM_NAME"), value) == ""


@pytest.mark.parametrize("value", ["", "   ", "\t", "\n"])
def test_a_blank_is_told(value):
    assert problem(of("CATEGORY"), value) == "is blank"


@pytest.mark.parametrize("value", ["$(Build.BuildId)", "${{ parameters.x }}", "$[variables.y]"])
def test_an_expression_is_not_evaluated(value):
    assert problem(of("MODEL_NAME"), value).startswith("is an expression of Azure Pipelines")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODEL_NAME", "loan_default"),
        ("MODEL_NAME", "Loan-Default2"),
        ("TEAM_NAME", "Müller & Søn"),
        ("ENVIRONMENT_FILE", "PIP"),
        ("MODEL_TYPE", "RULEBASED"),
        ("CLUSTER_MIN_WORKER_NODE", "2"),
        ("CLUSTER_DRIVER_NODE_ID", "Standard_DS3_v2"),
        ("CLUSTER_NODE_TYPE_ID", "i3.xlarge"),
        ("CLUSTER_SPARK_VERSION", "17.3.x-gpu-ml-scala2.13"),
        ("MODEL_SRC_PATH", "model/code"),
        ("IMAGE", "python:3.11"),
        ("IMAGE", "registry.internal:5000/a/b_c/python:3.11.9-slim"),
        ("IMAGE", "a/python@sha256:" + "0" * 64),
        ("IMAGE", "a/python:3@sha256:" + "0" * 64),
        ("ARTIFACTORY_REPOSITORY_MODEL", "models-generic-local"),
        ("FINANCIAL_ID", "00123456"),
    ],
)
def test_a_good_value_has_no_problem(name, value):
    assert problem(of(name), value) == ""


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("MODEL_NAME", "1st", "is no valid name"),
        ("MODEL_NAME", "a b", "is no valid name"),
        ("MODEL_NAME", "a/b", "is no valid name"),
        ("MODEL_NAME", "a\nb", "is no valid name"),
        ("MODEL_NAME", "m" * 101, "is no valid name"),
        ("MODEL_NAME", "m" * 1_000_000, "is longer than 200 characters"),
        ("TEAM_NAME", "a\nb", "has line breaks or control characters"),
        ("TEAM_NAME", "a\x1b[2J", "has line breaks or control characters"),
        ("ENVIRONMENT_FILE", "poetry", "is none of conda, pip"),
        ("MODEL_TYPE", "deep", "is none of Supervised, Unsupervised, rulebased"),
        ("CLUSTER_MAX_WORKER_NODE", "two", "is no whole number"),
        ("CLUSTER_MAX_WORKER_NODE", "-1", "is no whole number"),
        ("CLUSTER_MAX_WORKER_NODE", "2.0", "is no whole number"),
        ("CLUSTER_MAX_WORKER_NODE", "٣", "is no whole number"),
        ("CLUSTER_DRIVER_NODE_ID", "4", "is a number, not a node type"),
        ("CLUSTER_NODE_TYPE_ID", "large", "is no node type"),
        ("CLUSTER_SPARK_VERSION", "16.4", "is no runtime version"),
        ("MODEL_SRC_PATH", "../other", "leaves the repository"),
        ("MODEL_SRC_PATH", "/etc", "leaves the repository"),
        ("MODEL_SRC_PATH", "src\\..\\..", "is no path with forward slashes"),
        ("DATASET_TEMPLATE_FILE", "C:/data.yml", "is no path with forward slashes"),
        ("IMAGE", "python", "names no fixed version: latest moves"),
        ("IMAGE", "python:latest", "names no fixed version: latest moves"),
        ("IMAGE", "Python 3", "is no image reference"),
        ("IMAGE", "https://registry/python:3", "is no image reference"),
    ],
)
def test_a_bad_value_says_what_it_is_not(name, value, wrong):
    assert problem(of(name), value) == wrong


def test_choices_are_compared_without_case_and_kept_in_the_tables_spelling():
    assert canonical(of("MODEL_TYPE"), "RuleBased") == "rulebased"
    assert canonical(of("ENVIRONMENT_FILE"), "Conda") == "conda"
    assert canonical(of("MODEL_NAME"), "Loan") == "Loan"
