"""``sluss check``: the gate on a folder, for people and for programs."""

import json
import os

import pytest

from core.policy import Policy
from sluss.home.prepare import prepare_home
from sluss.home.this_program import this_program
from sluss.on_a_folder.model_folder import read_folder
from tests.model_repos import a_repo
from tests.sluss.command_line import run


@pytest.fixture
def folder(tmp_path):
    """The good repository in a folder of its own."""
    path = tmp_path / "loan_default"
    for name, data in a_repo().files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


RULES = ("--only", "structure", "--only", "entry_points", "--only", "variables")


def test_a_good_folder_passes(folder):
    done = run("check", folder, *RULES)
    assert done.exit_code == 0
    assert done.output.count("passed") == 4
    assert "Every check passed." in done.output


def test_what_was_not_checked_is_no_pass(folder):
    done = run("check", folder, "--quick")
    assert done.exit_code == 0
    assert "Nothing to mend" in done.output
    assert "variable_groups: GBI's variable groups are not known here" in done.output


def test_a_home_brings_gbis_groups(folder, tmp_path):
    prepare_home(tmp_path / "home")
    words = ("--only", "variable_groups", "--only", "service_principal")
    done = run("check", folder, "--home", tmp_path / "home", *words)
    assert done.exit_code == 0
    assert "Every check passed." in done.output


def test_a_finding_behind_the_asked_stage_does_not_count(folder):
    (folder / "README.md").write_text("# loan_default\n")
    assert run("check", folder, "--only", "readme").exit_code == 1
    assert run("check", folder, "--only", "readme", "--stage", "TST").exit_code == 0


@pytest.mark.parametrize(
    ("form", "at_prod", "at_tst"),
    [
        ("sarif", '"level": "error"', '"level": "warning"'),
        ("junit", "<failure", "<system-out"),
        ("markdown", "| QA |", "| - |"),
        ("json", '"blocks": "QA"', '"blocks": ""'),
        ("text", "before QA", "Nothing blocks"),
    ],
)
def test_every_form_agrees_with_the_exit_code(folder, form, at_prod, at_tst):
    (folder / "README.md").write_text("# loan_default\n")
    words = ("check", folder, "--only", "readme", "--format", form)
    assert at_prod in run(*words).stdout
    said = run(*words, "--stage", "tst").stdout  # as people write it
    assert at_tst in said
    assert at_prod not in said


def test_who_asks_about_a_part_of_a_repository_is_told_of_the_whole(folder):
    (folder / ".git").mkdir()
    done = run("check", folder / "src", "--only", "naming")
    assert f"  {this_program()('check', str(folder))}" in done.output.splitlines()
    assert "you may want" not in run("check", folder, "--only", "naming").output


def test_checks_may_be_named_with_commas(folder):
    done = run("check", folder, "--only", "structure, naming")
    assert done.output.count("passed") == 3  # and the verdict


def test_an_unknown_check_is_answered_with_all_that_there_are(folder):
    done = run("check", folder, "--only", "nope")
    said = " ".join(done.output.replace("│", " ").split())
    assert done.exit_code == 2
    assert "There is no check called 'nope'." in said
    assert "structure, entry_points, variables" in said


@pytest.mark.parametrize(
    ("form", "begins"),
    [("sarif", "{"), ("junit", "<?xml"), ("markdown", "## Sluss")],
)
def test_other_programs_read_the_answer_in_their_form(folder, form, begins):
    done = run("check", folder, *RULES, "--format", form)
    assert done.exit_code == 0
    assert done.stdout.startswith(begins)


def test_every_form_is_written_where_it_is_asked_for(folder, tmp_path):
    run("check", folder, *RULES, "--write", tmp_path / "deep" / "results")
    names = {path.name for path in (tmp_path / "deep" / "results").iterdir()}
    assert names == {"gate.junit.xml", "gate.sarif", "gate.md"}


def test_a_finding_is_shown_at_its_place_with_what_to_do(folder):
    (folder / "src" / "train.py").write_text("\ndef train(data):\n    return 1\n")
    done = run("check", folder, *RULES)
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert (
        "src/train.py:2: train() is called with 2 arguments, but takes 1. "
        "Write def train(data, params):" in lines
    )
    assert lines[-1] == "1 finding to mend before run."


def test_a_long_finding_stays_on_its_line(folder):
    (folder / "model_variables.yml").write_text("variables:\n  CLUSTER_NODE_TYPE_ID: Big_Node\n")
    lines = run("check", folder, *RULES).output.splitlines()
    [line] = [line for line in lines if line.startswith("model_variables.yml:2: ")]
    assert line.endswith("others")


def test_square_brackets_of_a_repository_are_shown_as_they_are(folder):
    (folder / "[red]x[bold]").symlink_to("/etc")
    assert "[red]x[bold]: is a link" in run("check", folder, *RULES).output


def test_the_answer_for_programs_is_json_alone(folder):
    (folder / "README.md").unlink()
    done = run("check", folder, *RULES, "--format", "json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["blocks"] is True
    assert report["policy"] == Policy().digest
    structure = report["checks"][0]
    assert (structure["check"], structure["status"], structure["blocks"]) == (
        "structure",
        "found",
        "run",
    )
    assert structure["findings"][0]["path"] == "README.md"


def test_only_the_asked_check_is_run(folder):
    (folder / "README.md").unlink()
    done = run("check", folder, "--only", "variables", "--only", "entry_points", "--format", "json")
    assert done.exit_code == 0
    assert [check["check"] for check in json.loads(done.stdout)["checks"]] == [
        "entry_points",
        "variables",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["--only", "variable"],
        ["--format", "xml"],
        ["--nonsense"],
    ],
)
def test_a_wrong_use_has_its_own_exit_code(folder, words):
    assert run("check", folder, *words).exit_code == 2


def test_a_folder_that_is_not_there_is_a_wrong_use(tmp_path):
    assert run("check", tmp_path / "nowhere").exit_code == 2


def test_the_policy_of_a_home_counts(folder, tmp_path):
    (folder / "README.md").unlink()
    home = tmp_path / "home"
    home.mkdir()
    (home / "policy.yml").write_text("checks:\n  structure: {mode: warn}\n")
    done = run("check", folder, *RULES, "--home", home)
    assert done.exit_code == 0
    assert "Nothing blocks" in done.output
    assert list((home / "check_cache").iterdir())


def test_a_wrong_policy_is_told(folder, tmp_path):
    (tmp_path / "policy.yml").write_text("chekcs: {}\n")
    done = run("check", folder, "--home", tmp_path)
    assert done.exit_code == 2
    assert "Did you mean checks?" in " ".join(done.output.split())


def test_gbis_variables_of_a_home_count(folder, tmp_path):
    (folder / "src").rename(folder / "app")
    (tmp_path / "gbi_variables.yml").write_text("common:\n  MODEL_SRC_PATH: app\n")
    assert run("check", folder, *RULES).exit_code == 1
    assert run("check", folder, *RULES, "--home", tmp_path).exit_code == 0


def test_tool_folders_are_not_read_and_links_are_not_followed(folder, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    for name in (".git", ".venv", "src/__pycache__"):
        (folder / name).mkdir()
        (folder / name / "x.py").write_text("")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    repo = read_folder(folder, Policy())
    assert set(repo.files) == set(a_repo().files)
    assert set(repo.links) == {"link.txt", "linked"}


def test_a_name_that_is_no_utf_8_is_read_all_the_same(folder):
    os.close(os.open(os.fsencode(folder) + b"/\xff.txt", os.O_CREAT | os.O_WRONLY))
    assert "�.txt" in read_folder(folder, Policy()).files
    assert run("check", folder, *RULES).exit_code == 0


def test_reading_ends_behind_the_limits_and_the_gate_says_so(folder, tmp_path):
    (tmp_path / "policy.yml").write_text("max_bytes: 1000\n")
    (folder / "data" / "big.bin").write_bytes(b"0" * 1_000_000)
    done = run("check", folder, "--home", tmp_path, "--only", "structure")
    assert done.exit_code == 1
    assert "more than 1,000" in done.output
    repo = read_folder(folder, Policy(max_bytes=1_000))
    assert sum(map(len, repo.files.values())) == 1_001


def test_a_report_of_the_own_pipeline_counts_where_policy_says_so(folder, tmp_path):
    (tmp_path / "policy.yml").write_text("rules:\n  unit_tests: {accept_report: true}\n")
    report = tmp_path / "junit.xml"
    words = ("--only", "unit_tests", "--home", tmp_path, "--report", report)

    report.write_text('<testsuite tests="1"><testcase classname="t" name="test_it"/></testsuite>')
    assert run("check", folder, *words).exit_code == 0
    report.write_text('<testsuite tests="0"/>')
    assert run("check", folder, *words).exit_code == 1


def test_names_are_mended_and_missing_files_begun(folder):
    (folder / "README.md").unlink()
    (folder / "model_variables.yml").rename(folder / "model_variables.yaml")
    done = run("check", folder, "--fix", "--only", "structure", "--only", "naming")

    assert done.exit_code == 0
    assert (folder / "model_variables.yml").is_file()
    assert (folder / "README.md").is_file()


def test_where_tests_ran_pytests_own_report_is_written_too(folder, tmp_path):
    (folder / "requirements.txt").write_text("")
    done = run("check", folder, "--only", "unit_tests", "--write", tmp_path / "results")
    written = (tmp_path / "results" / "unit_tests.junit.xml").read_text()
    assert "<testcase" in written, done.output
