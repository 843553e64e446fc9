"""The values of model_variables.yml, the files that they name, and addresses written into code."""

import json

import pytest

from core.gate.checks import Finding, ModelRepo
from core.gate.facts import CheckFacts, KnownTeam
from core.policy import Policy
from tests.model_repos import FILES, REAL_WORLD, a_repo, real_world
from workers.gate.checks.variables import variables

FACTS = Policy().facts()
FILE = "model_variables.yml"
HOST = "adb-1234567890123456.7.azuredatabricks.net"
READ_IT = "read it from WORKSPACE_URL_<stage>, which GBI sets for each stage"


def found(repo: ModelRepo, facts: CheckFacts = FACTS) -> list[tuple[str, int, str]]:
    return [(each.path, each.line, each.wrong) for each in variables(repo, facts)]


def of(lines: str) -> list[tuple[int, str]]:
    """What is told in model_variables.yml with these lines added; the first added is line 10."""
    return [(line, wrong) for path, line, wrong in found(a_repo(variables=lines)) if path == FILE]


def test_a_good_repository_has_no_finding():
    assert found(a_repo()) == []


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert found(real_world(name)) == []


def test_a_missing_file_is_told():
    [finding] = variables(a_repo({FILE: None}), FACTS)
    assert finding == Finding(FILE, f"add {FILE} with a variables: mapping", "is missing")


@pytest.mark.parametrize("data", ["[1]", "a: b: c", "a: &a 1\nb: *a", b"\0", b"x" * 100_000])
def test_a_file_that_cannot_be_read_is_one_finding(data):
    assert len(found(a_repo({FILE: data}))) == 1


def test_an_empty_file_is_told_with_all_that_is_to_be_in_it():
    told = [wrong for _, _, wrong in found(a_repo({FILE: ""}))]
    assert told[0] == "is empty"
    assert "CATEGORY is required, but not set" in told


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ("MODEL_NAM: x", "MODEL_NAM is no variable of a model"),
        ("WORKSPACE_URL_QA: https://x", "WORKSPACE_URL_QA belongs to GBI"),
        ("spn_prod: me", "spn_prod belongs to GBI"),
        ("OAUTH2_ID_QA: me", "OAUTH2_ID_QA belongs to GBI"),
        ("CATEGORY: '  '", "CATEGORY is blank"),
        ("TEAM_NAME: TODO", "TEAM_NAME is a placeholder"),
        ("MODEL_NAME: <name>", "MODEL_NAME is a placeholder"),
        ("ADF_JOB: $(job)", "ADF_JOB is an expression of Azure Pipelines, which is not evaluated here"),
        ("CLUSTER_DRIVER_NODE_ID: 4", "CLUSTER_DRIVER_NODE_ID is a number, not a node type"),
        ("CLUSTER_NODE_TYPE_ID: Standard_XL_9", "CLUSTER_NODE_TYPE_ID is not on GBI's list"),
        ("CLUSTER_SPARK_VERSION: 9.1.x-scala2.12", "CLUSTER_SPARK_VERSION is not on GBI's list"),
        ("IMAGE: python:latest", "IMAGE names no fixed version: latest moves"),
        ("MODEL_TYPE: neural", "MODEL_TYPE is none of Supervised, Unsupervised, rulebased"),
        ("MODEL_SRC_PATH: code", "MODEL_SRC_PATH is code, but there is no such folder"),
        ("MODEL_SRC_PATH: ../code", "MODEL_SRC_PATH leaves the repository"),
        ("CLUSTER_MIN_WORKER_NODE: 1", "CLUSTER_MIN_WORKER_NODE stands alone"),
        ("CLUSTER_MAX_WORKER_NODE: 3", "CLUSTER_MAX_WORKER_NODE stands alone"),
    ],
)  # fmt: skip
def test_a_bad_value_is_told_at_its_line(lines, wrong):
    repo = a_repo(variables=lines)
    at = len(repo.text(FILE).splitlines())
    assert (FILE, at, wrong) in found(repo)


@pytest.mark.parametrize(
    ("low", "high", "wrong"),
    [
        (4, 2, ["CLUSTER_MIN_WORKER_NODE (4) is above CLUSTER_MAX_WORKER_NODE (2)"]),
        (0, 2, ["CLUSTER_MIN_WORKER_NODE is 0"]),
        (1, 17, ["CLUSTER_MAX_WORKER_NODE is 17"]),
        (0, 99, ["CLUSTER_MIN_WORKER_NODE is 0", "CLUSTER_MAX_WORKER_NODE is 99"]),
        ("one", 2, ["CLUSTER_MIN_WORKER_NODE is no whole number"]),
        (1, 1, []),
        (1, 16, []),
    ],
)
def test_workers_are_within_bounds_and_in_order(low, high, wrong):
    lines = f"CLUSTER_MIN_WORKER_NODE: {low}\nCLUSTER_MAX_WORKER_NODE: {high}"
    assert [text for _, text in of(lines)] == wrong


def test_policy_sets_the_bound_of_workers():
    lines = "CLUSTER_MIN_WORKER_NODE: 1\nCLUSTER_MAX_WORKER_NODE: 3"
    assert found(a_repo(variables=lines), CheckFacts(max_workers=2))


def test_all_that_is_missing_is_told_at_once():
    told = of("MODEL_NAME:\nTEAM_NAME:\nCATEGORY:")
    assert [wrong for _, wrong in told] == [
        "MODEL_NAME is required, but not set",
        "TEAM_NAME is required, but not set",
        "CATEGORY is required, but not set",
    ]


def test_an_unknown_name_is_guessed_and_a_choice_lists_what_there_is():
    repo = a_repo(variables="FINANCAL_ID: 1\nCLUSTER_NODE_TYPE_ID: Standard_XL_9")
    guess, choice = [finding.mend for finding in variables(repo, FACTS)]
    assert guess == "did you mean FINANCIAL_ID? Otherwise take it out"
    assert choice.startswith("write one of Standard_DS3_v2, Standard_DS4_v2")


def test_a_value_is_never_repeated_in_a_finding_about_its_form():
    secret = "dapi0123456789abcdef"
    told = list(variables(a_repo(variables=f"IMAGE: '{secret} {secret}'"), FACTS))
    assert told
    assert secret not in str(told)


@pytest.mark.parametrize(
    ("changes", "lines", "path", "wrong"),
    [
        ({"requirements.txt": None}, "", FILE, "ENVIRONMENT_FILE is pip, but there is no requirements.txt"),
        ({"requirements.txt": None, "conda.yml": ""}, "", FILE, "ENVIRONMENT_FILE is pip, but there is only conda.yml"),
        ({}, "ENVIRONMENT_FILE:", FILE, "ENVIRONMENT_FILE is not set, so conda, but there is only requirements.txt"),
        ({"conda.yml": ""}, "", "conda.yml", "ENVIRONMENT_FILE is pip, but conda.yml is there too"),
        ({"conda.yml": "name: x"}, "ENVIRONMENT_FILE: conda", "requirements.txt", "ENVIRONMENT_FILE is conda, but requirements.txt is there too"),
    ],
)  # fmt: skip
def test_exactly_the_chosen_environment_file_is_there(changes, lines, path, wrong):
    texts = a_repo(variables=lines).text(FILE) if lines else FILES[FILE]
    told = found(a_repo({FILE: texts, **changes}))
    assert [(where, what) for where, _, what in told] == [(path, wrong)]


@pytest.mark.parametrize(
    "line",
    ["- -r requirements.txt", "  - '-r requirements.txt'", "- --requirement=requirements.txt"],
)
def test_conda_may_include_the_other_file(line):
    conda = f"dependencies:\n- pip:\n  {line}\n"
    text = a_repo(variables="ENVIRONMENT_FILE: conda").text(FILE)
    assert found(a_repo({FILE: text, "conda.yml": conda})) == []


@pytest.mark.parametrize(
    ("template", "line", "wrong"),
    [
        (None, 5, "DATASET_TEMPLATE_FILE is dataset_template.yml, but there is no such file"),
        ("", 0, "is empty"),
        ("[1]", 1, "is no mapping"),
        ("tables: {}", 0, "names no table"),
        ("parameters: {a: 1}", 0, "names no table"),
        ("tables:\n  a: x.y\nrows: 3\n", 3, "has the unknown key 'rows'"),
        (
            "tables:\n  loans: x.loans\n  gone: data/gone.csv\n",
            3,
            "the table gone is to be data/gone.csv, but there is no such file",
        ),
        (
            "tables:\n  a: &a x\n  b: *a\n",
            3,
            "uses a YAML alias (*name), which Azure Pipelines does not know",
        ),
    ],
)
def test_the_dataset_template_is_there_and_right(template, line, wrong):
    path = FILE if template is None else "dataset_template.yml"
    assert found(a_repo({"dataset_template.yml": template})) == [(path, line, wrong)]


@pytest.mark.parametrize(
    "location", ["data/loans.csv", "./data/loans.csv", "data", "risk.loans", "abfss://a@b/loans/"]
)
def test_a_table_is_a_file_a_folder_or_elsewhere(location):
    assert found(a_repo({"dataset_template.yml": f"tables:\n  loans: {location}\n"})) == []


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("src/train.py", f'HOST = "{HOST}"\ntrain = print', 1),
        ("src/io.py", f'def f(x):\n    return f"https://{HOST}/{{x}}"', 2),
        ("src/broken.py", f"def (\nhost = '{HOST}'", 2),
        ("src/nb.py", f"# Databricks notebook source\n# MAGIC %sh curl https://{HOST}\n", 2),
        ("nb.sql", f"-- Databricks notebook source\n-- MAGIC %sh curl https://{HOST}\n", 2),
        ("nb.scala", f"// Databricks notebook source\n// MAGIC %sh curl {HOST}\n", 2),
        ("deploy.sh", f"# set up\ncurl https://{HOST}/api\n", 2),
        ("src/job.R", f'host <- "{HOST}"', 1),
        ("azure-pipelines.yml", f"steps:\n- script: |\n    echo hi\n    curl {HOST}\n", 4),
        ("ci/Azure-Pipelines-nightly.yaml", f"steps:\n- script: curl {HOST}", 2),
        ("templates/template_ci_a_b.yml", f"variables:\n  host: https://{HOST}\n", 2),
        ("src/io.py", f'HOST = b"{HOST}"', 1),
        ("src/io.py", f'X = """\n\ncurl {HOST}\n"""', 3),
        ("conf/job.json", f'{{\n  "host": "https://{HOST}"\n}}', 2),
        (".databrickscfg", f"[DEFAULT]\nhost = https://{HOST}", 2),
        ("Dockerfile", f"ENV HOST=https://{HOST}", 1),
        ("infra/main.tf", f'host = "https://{HOST}"', 1),
        ("azure-pipelines.yml", f"parameters:\n- name: host\n  default: {HOST}", 3),
        ("x.yml", "host: my-org.cloud.databricks.com", 1),
        ("x.yml", "host: 123.4.gcp.databricks.com", 1),
        ("broken.yml", f"a: b: c\nhost: {HOST}", 2),
    ],
)
def test_a_workspace_written_into_code_is_told(path, text, line):
    [(where, at, wrong)] = [each for each in found(a_repo({path: text})) if "workspace" in each[2]]
    assert (where, at) == (path, line)
    assert wrong.endswith("is written here")


def test_a_workspace_in_a_notebook_is_told_with_its_cell():
    cells = [{"cell_type": "code", "source": ["x = 1\n", f"host = '{HOST}'\n"]}]
    notebook = json.dumps({"cells": cells}, indent=1)
    [(path, line, wrong)] = found(a_repo({"notebooks/look.ipynb": notebook}))
    assert path == "notebooks/look.ipynb"
    assert HOST in notebook.splitlines()[line - 1]
    assert wrong == f"the workspace {HOST} is written in cell 1"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/io.py", f'"""See https://{HOST}."""\nX = 1  # once {HOST}\n'),
        ("README.md", f"https://{HOST}"),
        ("docs/how.txt", HOST),
        ("tests/test_io.py", f"HOST = '{HOST}'\ndef test_it(): pass"),
        ("deploy.sh", f"true # once {HOST}"),
        ("x.yml", f"# once {HOST}\na: 1"),
        (
            "src/io.py",
            "from databricks.sdk import WorkspaceClient\nX = 'https://docs.databricks.com'",
        ),
        ("src/io.py", "HOST = os.environ['DATABRICKS_HOST']"),
        ("src/io.py", 'HOST = f"https://adb-{workspace}.7.azuredatabricks.net"'),
        ("src/io.py", "X = 'https://accounts.azuredatabricks.net https://docs.gcp.databricks.com'"),
        ("src/io.py", "HOST = 'databricks " + "a-" * 50_000 + "'"),
    ],
)
def test_what_calls_no_workspace_is_left_alone(path, text):
    assert found(a_repo({path: text})) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("variables:\n  WORKSPACE_URL_QA: https://mine\n", 2),
        ("variables:\n- name: spn_prod\n  value: me\n", 2),
        ("stages:\n- stage: a\n  variables:\n    CMR_SCOPE: mine\n", 4),
        ("variables:\n- ${{ if eq(1, 1) }}:\n  - name: SPN_QA\n    value: me\n", 3),
        ("variables:\n  ${{ if eq(1, 1) }}:\n    SPN_QA: me\n", 3),
        ('steps:\n- script: |\n    echo "##vso[task.setvariable variable=SPN_QA]me"\n', 3),
    ],
)
@pytest.mark.parametrize("path", ["azure-pipelines.yml", "templates/template_ci_a_variables.yml"])
def test_a_pipeline_may_not_set_what_is_gbis(path, text, line):
    [(where, at, wrong)] = found(a_repo({path: text}))
    assert (where, at) == (path, line)
    assert wrong.endswith("belongs to GBI")


def test_a_pipeline_that_cannot_be_read_is_told():
    [(path, line, wrong)] = found(a_repo({"azure-pipelines.yml": "steps:\n- a: b: c\n"}))
    assert (path, line) == ("azure-pipelines.yml", 2)
    assert wrong.startswith("is not valid YAML")


def of_team(repo, name="credit_risk", *, has_members=True):
    facts = CheckFacts(team=KnownTeam(name=name, has_members=has_members))
    return [found for found in variables(repo, facts) if "team" in found.describe().casefold()]


@pytest.mark.parametrize("name", ["credit_risk", "Credit_Risk", " CREDIT_RISK "])
def test_the_team_of_platform_yml_however_it_is_spelled_has_no_finding(name):
    assert of_team(a_repo(), name) == []


def test_another_team_than_that_of_platform_yml_is_told_at_its_line():
    [finding] = of_team(a_repo(), "market_risk")
    assert finding.place() == "model_variables.yml:3"
    assert finding.wrong == (
        "TEAM_NAME is credit_risk, but platform.yml says that this is a repository of market_risk"
    )
    assert finding.mend.startswith("write TEAM_NAME: market_risk, or ask the platform team")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("credit_risk", "nobody belongs to the team credit_risk, which platform.yml names"),
        ("", "platform.yml names no team for this repository"),
        (" ", "platform.yml names no team for this repository"),
    ],
)
def test_a_team_that_nobody_belongs_to_is_told(name, wrong):
    [finding] = of_team(a_repo(), name, has_members=False)
    assert finding.wrong == wrong
    assert finding.mend.startswith("ask the platform team to enter its members")


def test_where_nobody_knows_whose_a_repository_is_nothing_is_said_of_it():
    assert variables.priority == 1
    assert [each for each in variables(a_repo(), CheckFacts()) if "team" in each.wrong] == []
