"""``sluss init`` writes a repository that passes the gate, whose own tests pass, and says so."""

import ast
import csv
import os
import subprocess
import sys

import msgspec
import pytest

from adapters.sandbox import probe
from core.gate.checks import Status
from core.gate.variables import model_settings
from core.policy import Policy
from core.words import ModelType
from sluss.commands.init import folder_problem
from sluss.home.settings import tool_environment
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.loan_data import ROWS, loans_csv
from sluss.templates.model_repository import Kind, model_name, write_repository
from tests.sluss.command_line import run
from tests.workers.gate.checks.gbi import gbi
from workers.gate.checks import CHECKS
from workers.gate.gate import Gate
from workers.gate.tools import GateTools

KINDS = list(Kind)
POLICY = Policy()
NETWORK = tool_environment(os.environ)


@pytest.fixture(params=KINDS, ids=[kind.value for kind in KINDS])
def repository(request, tmp_path):
    path = tmp_path / f"{request.param}_model"
    write_repository(path, request.param)
    return path


async def test_it_passes_the_gate_without_a_finding(repository, tmp_path):
    """All but its own tests, which the next test runs, and the story in the model's environment."""
    facts = msgspec.structs.replace(gbi(), history=(), clones=())
    gate = Gate(GateTools(sandbox=probe, cache=str(tmp_path / "cache"), network_env=NETWORK))
    wanted = [check.id for check in CHECKS if check.id != "unit_tests"]
    results = await gate(read_folder(repository, POLICY), facts, POLICY, only=wanted)
    assert [finding for result in results for finding in result.findings] == []
    statuses = {result.check: result.status for result in results}
    assert statuses == dict.fromkeys(wanted, Status.PASSED)


def test_its_own_tests_pass(repository):
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:asyncio", "-p", "no:cacheprovider"]  # fmt: skip
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_code_is_in_order(repository):
    ruff = [sys.executable, "-m", "ruff"]
    common = ["--isolated", "--line-length", "100", "--no-cache", "."]
    rules = ["--select", "A,B,C4,C90,E,F,I,N,PERF,PL,RET,RUF,SIM,UP,W", "--ignore", "PLR2004"]
    for command in ([*ruff, "check", *rules, *common], [*ruff, "format", "--check", *common]):
        done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_every_module_says_what_it_is_for_and_no_mark_is_left(repository):
    files = read_folder(repository, POLICY).files
    for path, data in files.items():
        assert b"{{" not in data, path
        if path.endswith(".py"):
            assert ast.get_docstring(ast.parse(data)), path


def test_it_says_that_the_data_are_generated(repository):
    assert "are generated" in (repository / "README.md").read_text()
    assert (repository / "data" / "loans.csv").read_text() == loans_csv()


@pytest.mark.parametrize(
    ("kind", "model_type", "has_train"),
    [
        (Kind.SUPERVISED, ModelType.SUPERVISED, True),
        (Kind.UNSUPERVISED, ModelType.UNSUPERVISED, True),
        (Kind.RULEBASED, ModelType.RULEBASED, False),
    ],
)
def test_each_kind_is_what_it_says(tmp_path, kind, model_type, has_train):
    write_repository(tmp_path / "my-model", kind, team="Retail")
    settings = model_settings(read_folder(tmp_path / "my-model", POLICY))
    assert (settings.model, settings.team) == ("my_model", "Retail")
    assert settings.model_type is model_type
    assert settings.environment_file == "requirements.txt"
    assert settings.dataset_template == "dataset_template.yml"
    assert (tmp_path / "my-model" / "src" / "train.py").exists() == has_train


def test_the_command_tells_what_it_wrote_and_what_to_do_next(tmp_path):
    done = run("init", tmp_path / "Loan-Default", "--type", "unsupervised")
    assert done.exit_code == 0
    assert "the unsupervised model loan_default now (11 files)" in done.output
    assert "generated (600 rows, seed 2026)" in done.output
    assert "sluss add" in done.output


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    done = run("init", tmp_path)
    assert done.exit_code == 2
    assert "is not empty. Nothing was written" in " ".join(done.output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_fresh_clone_is_empty_enough(tmp_path):
    path = tmp_path / "model"
    (path / ".git").mkdir(parents=True)
    assert folder_problem(path) == ""


def test_a_file_is_no_folder(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    assert "is a file. Nothing was written" in folder_problem(path)


def test_an_unknown_kind_is_refused_with_what_there_is(tmp_path):
    done = run("init", tmp_path / "model", "--type", "neural")
    assert done.exit_code == 2
    assert "supervised" in done.output
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("loan_default", "loan_default"),
        ("Loan-Default v2", "loan_default_v2"),
        ("  churn  ", "churn"),
        ("2nd-model", "model_2nd_model"),
        ("7", "model_7"),
        ("x" * 300, "x" * 100),
    ],
)
def test_the_folder_names_the_model(tmp_path, folder, name):
    assert model_name(tmp_path / folder) == name


def test_a_folder_without_a_letter_is_refused(tmp_path):
    assert "has no letter to make a MODEL_NAME of" in folder_problem(tmp_path / "---")


def test_the_same_seed_gives_the_same_loans_and_another_seed_others():
    assert loans_csv(50, 1) == loans_csv(50, 1)
    assert loans_csv(50, 1) != loans_csv(50, 2)


def test_the_loans_are_plausible():
    loans = list(csv.DictReader(loans_csv().splitlines()))
    assert len(loans) == ROWS == len({loan["loan_id"] for loan in loans})
    assert 0.15 < sum(loan["defaulted"] == "1" for loan in loans) / ROWS < 0.35
    assert all(loan["granted_on"][:4] in {"2023", "2024", "2025"} for loan in loans)
    assert all(0 <= float(loan["debt_ratio"]) <= 1 for loan in loans)
