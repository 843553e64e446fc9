"""``sluss variables``: each value with its owner and source, and no secret."""

import pytest

from core.errors import SettingsError
from tests.sluss.command_line import run

MODEL = """\
variables:
  MODEL_NAME: loan_default
  MODEL_TYPE: rulebased
  IMAGE:
"""
GBI = """\
common:
  OAUTH2_SECRETS_NAME: client-secret-name
  CMR_PREFIX: 9f8E7d6C5b4A3f2E1d0C9b8A7f6E
  CLUSTER_AUTOTERMINATION_MINUTES: 30
QA:
  WORKSPACE_URL_QA: https://adb-qa.example
PROD:
  WORKSPACE_URL_PROD: https://adb-prod.example
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model_variables.yml").write_text(MODEL)
    (tmp_path / "gbi_variables.yml").write_text(GBI)
    return tmp_path / "model"


def rows(output: str) -> dict[str, str]:
    lines = (line.split(maxsplit=1) for line in output.splitlines() if line.strip())
    return {words[0]: " ".join(words[1].split()) for words in lines if len(words) > 1}


def test_each_variable_has_value_owner_and_source(folder):
    done = run("variables", folder, "--stage", "QA", "--home", folder.parent)
    assert done.exit_code == 0
    shown = rows(done.output)
    assert shown["MODEL_NAME"] == "loan_default model developer model_variables.yml:2"
    assert shown["MODEL_SRC_PATH"] == "src GBI default"
    assert shown["WORKSPACE_URL_QA"] == "https://adb-qa.example GBI GBI's variables for QA"
    assert shown["CLUSTER_AUTOTERMINATION_MINUTES"] == "30 GBI GBI's variables for QA"
    assert shown["IMAGE"] == "- model developer not set"
    assert "WORKSPACE_URL_PROD" not in shown


def test_of_a_secret_only_the_name_is_shown(folder):
    done = run("variables", folder, "--home", folder.parent)
    shown = rows(done.output)
    assert shown["OAUTH2_SECRETS_NAME"].startswith("client-secret-name (the name of a secret)")
    assert shown["CMR_PREFIX"].startswith("(hidden)")
    assert "9f8E7d6C5b4A3f2E1d0C9b8A7f6E" not in done.output


def test_without_a_home_gbis_variables_are_not_set(folder):
    shown = rows(run("variables", folder, "--stage", "PROD").output)
    assert shown["WORKSPACE_URL_PROD"] == "- GBI not set"


def test_what_is_wrong_with_the_file_is_told_first(folder):
    (folder / "model_variables.yml").write_text("MODEL_NAME: loan_default\n")
    done = run("variables", folder)
    assert done.output.startswith("model_variables.yml:1: has no variables: at the top")
    assert rows(done.output)["MODEL_NAME"].startswith("loan_default")


def test_a_folder_without_the_file_is_said_to_have_none(tmp_path):
    done = run("variables", tmp_path)
    assert isinstance(done.exception, SettingsError)
    assert "There is no model_variables.yml" in str(done.exception)


def test_an_unknown_stage_is_a_wrong_use(folder):
    assert run("variables", folder, "--stage", "DEV").exit_code == 2


def test_a_wrong_file_of_gbi_is_told(folder):
    (folder.parent / "gbi_variables.yml").write_text("QAA: {}\n")
    done = run("variables", folder, "--home", folder.parent)
    assert done.exit_code == 2
    assert "Did you mean 'QA'?" in " ".join(done.output.split())
