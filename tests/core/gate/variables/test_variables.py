"""model_variables.yml is read whole, all that is wrong is told at once, and hostile files end early."""

import time

import pytest

from core.gate.checks import ModelRepo
from core.gate.layout import Layout
from core.gate.variables import (
    VARIABLES,
    Sources,
    VariableKind,
    as_values,
    find,
    model_settings,
    near,
    problem,
    read,
    resolve,
    variable_entries,
    yaml_nodes,
)
from core.words import ModelType, Stage

FILE = "model_variables.yml"


def told(data: bytes) -> list[tuple[str, int]]:
    return [(finding.wrong, finding.line) for finding in read(data, FILE).findings]


def texts(data: bytes) -> dict[str, str | None]:
    return {name: value.text for name, value in read(data, FILE).values.items()}


def test_the_table_names_each_variable_once_and_explains_it():
    names = [row.name for row in VARIABLES]
    assert len(names) == len(set(names))
    assert all(row.help.endswith(".") for row in VARIABLES)
    assert all(row.rule for row in VARIABLES if row.kind is not VariableKind.GBI_FIXED)


def test_every_default_and_example_keeps_its_own_rule():
    for row in VARIABLES:
        for value in (row.default, row.example):
            assert not value or problem(row, value) == "", row.name


def test_a_model_must_say_six_things():
    required = {row.name for row in VARIABLES if row.is_required}
    assert required == {
        "MODEL_NAME",
        "TEAM_NAME",
        "DATASET_NAME",
        "DATASET_TEMPLATE_FILE",
        "ADF_JOB",
        "CATEGORY",
    }


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("MODEL_NAME", "MODEL_NAME"),
        ("model_name", "MODEL_NAME"),
        ("Oauth2_Id_Qa", "OAUTH2_ID"),
        ("WORKSPACE_URL_PROD", "WORKSPACE_URL_PROD"),
        ("WORKSPACE_URL_DEV", None),
        ("MODEL_NAME_QA", None),
        ("SPN_TST", None),
    ],
)
def test_names_compare_without_case_and_some_may_carry_a_stage(written, row):
    found = find(written)
    assert (found.name if found else None) == row


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("MODEL_NAM", "MODEL_NAME"),
        ("model-name", "MODEL_NAME"),
        ("CLUSTER_MAX_WORKERS", "CLUSTER_MAX_WORKER_NODE"),
        ("DATASET_TEMPLATE", "DATASET_TEMPLATE_FILE"),
    ],
)
def test_a_typing_error_is_guessed(written, meant):
    assert near(written)[0] == meant


def test_what_is_no_typing_error_is_not_guessed():
    assert near("PYTHON_VERSION_FILE_OF_US") == []


@pytest.mark.parametrize(
    "data",
    [
        b"variables:\n  MODEL_NAME: a_b\n  IMAGE:\n",
        b"variables:\n- name: MODEL_NAME\n  value: a_b\n- group: x\n- {name: IMAGE, value: }\n",
        b"\xef\xbb\xbfvariables:\r\n  model_name: 'a_b'\r\n  Image: ~\r\n",
        b"---\nVariables: {MODEL_NAME: a_b, IMAGE: null}\n",
    ],
    ids=["mapping", "list", "mark and line ends of Windows", "flow"],
)
def test_both_forms_of_azure_pipelines_are_read(data):
    assert texts(data) == {"MODEL_NAME": "a_b", "IMAGE": None}
    assert told(data) == []


def test_values_are_the_text_that_was_written():
    data = b"variables:\n  A: 007\n  B: yes\n  C: 1.10\n  D: 2025-01-01\n  E: ''\n"
    assert texts(data) == {"A": "007", "B": "yes", "C": "1.10", "D": "2025-01-01", "E": ""}


def test_values_carry_their_line_and_spelling():
    value = read(b"# first\nvariables:\n\n  Model_Name: a\n", FILE).values["MODEL_NAME"]
    assert (value.line, value.spelling) == (4, "Model_Name")


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file():
    data = (
        b"variables:\n  MODEL_NAME: a\n  model_name: b\n  IMAGE: [x]\nother: 1\n"
        b"variables:\n  TEAM_NAME: t\n"
    )
    assert told(data) == [
        ("sets model_name twice", 3),
        ("gives IMAGE a list or a mapping", 4),
        ("has other: at the top, which a variables template may not", 5),
        ("has variables: twice", 6),
    ]


def test_variables_without_the_word_are_read_all_the_same():
    data = b"MODEL_NAME: a\nTEAM_NAME: t\n"
    assert texts(data) == {"MODEL_NAME": "a", "TEAM_NAME": "t"}
    assert told(data) == [("has no variables: at the top", 1)]


@pytest.mark.parametrize(
    ("data", "wrong", "line"),
    [
        (b"", "is empty", 0),
        (b"# only a comment\n", "is empty", 0),
        (b"variables:\n", "has nothing under variables:", 1),
        (b"variables: text\n", "has no mapping or list under variables:", 1),
        (b"variables:\n- MODEL_NAME\n", "has an item without name and value", 2),
        (b"variables:\n  ? [a]\n  : b\n", "has a key that is no name", 2),
        (b"- a\n", "is no mapping", 1),
        (b"just text", "is no mapping", 1),
        (b"a: b: c\n", "is not valid YAML (mapping values are not allowed here)", 1),
        (b"variables:\n\tA: 1\n", "is not valid YAML (found character '\\t' that cannot start any token)", 2),
        (b"a: 1\n---\nb: 2\n", "is not valid YAML (but found another document)", 2),
        (b"a: 'x\n", "is not valid YAML (found unexpected end of stream)", 2),
        (b"variables:\n  A: !!python/object:os.system x\n", "has the tag 'tag:yaml.org,2002:python/object:os.system'", 2),
        (b"variables:\n  A: !secret x\n", "has the tag '!secret'", 2),
        (b"a: &x [1]\nb: *x\n", "uses a YAML alias (*name), which Azure Pipelines does not know", 2),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_and_where(data, wrong, line):
    assert told(data)[0] == (wrong, line)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"\xff\xfe\xfa",
        b"variables:\n  A: \xe9\n",
        b"[" * 10_000,
        b"{a: " * 10_000,
        b"- " * 10_000,
        b"? " * 10_000,
        b"a: " + b"x" * 50_000_000,
        b"variables:\n" + b"".join(b"  A%d: 1\n" % n for n in range(4_000)),
        b"a: &a [x,x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 122)),
        b"variables: {<<: {MODEL_NAME: a}, <<: {MODEL_NAME: b}}",
        b"%YAML 9.0\n---\na",
    ],
    ids=[
        "null byte", "not UTF-8", "latin-1", "nested lists", "nested mappings", "nested items",
        "nested keys", "50 MB", "many names", "alias bomb", "merge keys", "future YAML",
    ],
)  # fmt: skip
def test_a_hostile_file_is_a_quick_finding_and_nothing_more(data):
    started = time.perf_counter()
    assert read(data, FILE).findings
    assert time.perf_counter() - started < 5


def test_an_alias_bomb_does_not_grow_where_aliases_may_be_read():
    lines = b"a: &a [x,x]\n" + b"".join(
        b"%c: &%c [*%c,*%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 110)
    )
    root = yaml_nodes.compose(lines, yaml_nodes.YamlLimits(max_aliases=50))
    assert root is not None
    assert len(yaml_nodes.walk(root)) < 50


def test_the_variables_of_a_pipeline_are_found_in_both_forms():
    mapping = yaml_nodes.compose(b"A: 1\nB: [2]\n")
    listed = yaml_nodes.compose(b"- {name: A, value: 1}\n- template: x.yml\n")
    assert mapping is not None
    assert listed is not None
    assert variable_entries(mapping) == [("A", 1, "1")]
    assert variable_entries(listed) == [("A", 1, "1")]


GOOD = b"""\
variables:
  model_name: loan_default
  MODEL_TYPE: unsupervised
  ENVIRONMENT_FILE:
  WORKSPACE_URL_QA: https://mine
  CLUSTER_NODE_TYPE_ID: Standard_E8ds_v5
  IMAGE: nonsense image
"""
GBI = {
    "workspace_url_qa": "https://qa.example",
    "WORKSPACE_URL_TST": "https://tst.example",
    "OAUTH2_ID": "common",
    "OAUTH2_ID_QA": "for-qa",
    "OAUTH2_SECRETS_NAME": "client-secret-name",
    "CLUSTER_NODE_TYPE_ID": "Standard_DS4_v2",
    "CLUSTER_DRIVER_NODE_ID": "Standard_DS4_v2",
    "MODEL_NAME": "not theirs to say",
}


@pytest.fixture
def at_qa():
    sources = Sources(model=read(GOOD, FILE).values, model_path=FILE, gbi=GBI)
    return {each.name: each for each in resolve(sources, Stage.QA)}


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("MODEL_NAME", "loan_default", "model_variables.yml:2"),
        ("MODEL_TYPE", "Unsupervised", "model_variables.yml:3"),
        ("ENVIRONMENT_FILE", "conda", "default"),
        ("WORKSPACE_URL_QA", "https://qa.example", "GBI's variables for QA"),
        ("OAUTH2_ID", "for-qa", "GBI's variables for QA"),
        ("CLUSTER_NODE_TYPE_ID", "Standard_E8ds_v5", "model_variables.yml:6"),
        ("CLUSTER_DRIVER_NODE_ID", "Standard_DS4_v2", "GBI's variables for QA"),
        ("MODEL_SRC_PATH", "src", "default"),
        ("IMAGE", None, "not set"),
        ("SPN_QA", None, "not set"),
    ],
)
def test_a_value_comes_from_who_may_say_it(at_qa, name, value, source):
    assert (at_qa[name].value, at_qa[name].source) == (value, source)


def test_a_stage_gets_its_own_variables_only(at_qa):
    assert "WORKSPACE_URL_QA" in at_qa
    assert "WORKSPACE_URL_TST" not in at_qa
    assert "SPN_PROD" not in at_qa


def test_the_owner_is_told(at_qa):
    assert at_qa["MODEL_NAME"].owner == "model developer"
    assert at_qa["MODEL_SRC_PATH"].owner == "GBI"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("mlops-oauth2-secret", "mlops-oauth2-secret"),
        ("kv-Client-Secret-2", "kv-Client-Secret-2"),
        ("aB3" * 12, "(hidden)"),
        ("x8Q~secret/with+signs", "(hidden)"),
        ("a" * 64, "(hidden)"),
    ],
)
def test_a_secret_in_the_place_of_its_name_is_never_shown(value, shown):
    resolved = resolve(Sources(gbi={"OAUTH2_SECRETS_NAME": value}), Stage.TST)
    assert as_values(resolved)["OAUTH2_SECRETS_NAME"] == shown


def test_the_settings_of_a_repository_are_ready_to_use():
    repo = ModelRepo(
        files={
            "Model_Variables.yml": GOOD + b"  DATASET_TEMPLATE_FILE: data.yml\n",
            "Conda.yml": b"",
            "DATA.yml": b"",
        }
    )
    settings = model_settings(repo, gbi={"MODEL_SRC_PATH": "code/"})
    assert settings.model == "loan_default"
    assert settings.model_type is ModelType.UNSUPERVISED
    assert settings.source_path == "code"
    assert settings.environment_file == "Conda.yml"
    assert settings.dataset_template == "DATA.yml"
    assert settings.runtime == "16.4.x-cpu-ml-scala2.12"
    assert settings.variables["MODEL_NAME"] == "loan_default"


@pytest.mark.parametrize("data", [b"", b"[", b"variables: 7", b"variables: {MODEL_TYPE: what}"])
def test_a_broken_file_leaves_the_defaults(data):
    settings = model_settings(ModelRepo(files={FILE: data}))
    assert (settings.model, settings.model_type) == ("", ModelType.SUPERVISED)


def test_a_bank_may_rename_the_files():
    repo = ModelRepo(files={"model.yml": b"variables: {MODEL_NAME: ab, ENVIRONMENT_FILE: pip}"})
    layout = Layout(variables="model.yml", pip="libraries.txt")
    settings = model_settings(repo, layout=layout)
    assert (settings.model, settings.environment_file) == ("ab", "libraries.txt")
