"""Fixes on disk: done and told, inside the folder alone, and never over somebody's work."""

import subprocess

import pytest

from core.policy import Policy
from sluss.on_a_folder.fix_folder import NotFixedError, apply
from sluss.on_a_folder.model_folder import read_folder
from tests.model_repos import a_repo
from workers.gate.fixes import Create, Rename, Rewrite, planned_fixes

POLICY = Policy()
FILES_TO_MEND = {
    "config/my-columns.yaml": "a: 1\n",
    "jobs.yml": "x: config/my-columns.yaml\n",
    "README.md": None,
}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "model"
    for name, data in a_repo(FILES_TO_MEND).files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def git(folder, *words):
    subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)


@pytest.fixture
def work_tree(folder):
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x")
    return folder


def fix(folder, *only):
    planned = planned_fixes(read_folder(folder, POLICY), POLICY.facts(), only)
    return list(apply(folder, planned))


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_what_the_asked_checks_ask_for_is_done(folder):
    assert fix(folder, "readme", "bandit") == [
        "made README.md: fill it in; the gate asks for it until you have"
    ]
    assert (folder / "config" / "my-columns.yaml").exists()


@pytest.mark.parametrize("name", ["README.md", "model_variables.yml", "src/score.py"])
def test_an_emptied_file_gets_a_beginning(folder, name):
    (folder / "README.md").write_text("# written\n")
    (folder / name).write_text(" \n")
    assert f"wrote a beginning in {name}" in fix(folder)
    assert "TODO" in (folder / name).read_text() or "NotImplemented" in (folder / name).read_text()


def test_nothing_is_renamed_beside_a_file_that_has_the_name(folder):
    (folder / "config" / "my_columns.yml").write_text("b: 2\n")
    assert not any("renamed" in line for line in fix(folder))
    assert (folder / "config" / "my-columns.yaml").read_text() == "a: 1\n"


def test_each_fix_is_done_and_told(folder):
    (folder / "jobs.yml").chmod(0o640)
    assert fix(folder) == [
        "wrote my_columns.yml in jobs.yml",
        "renamed config/my-columns.yaml to config/my_columns.yml",
        "made README.md: fill it in; the gate asks for it until you have",
    ]
    assert (folder / "config" / "my_columns.yml").read_text() == "a: 1\n"
    assert not (folder / "config" / "my-columns.yaml").exists()
    assert (folder / "jobs.yml").read_text() == "x: config/my_columns.yml\n"
    assert (folder / "jobs.yml").stat().st_mode & 0o777 == 0o640
    assert "## Purpose" in (folder / "README.md").read_text()
    assert fix(folder) == []


def test_missing_folders_are_made(tmp_path):
    told = list(apply(tmp_path, [Create("a/b/c.txt", "x", "read it")]))
    assert told == ["made a/b/c.txt: read it"]
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_a_committed_work_tree_is_mended_and_git_sees_the_change(work_tree):
    assert len(fix(work_tree)) == 3
    git(work_tree, "add", "-A")
    done = subprocess.run(
        ["git", "-C", work_tree, "status", "--porcelain"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "R  config/my-columns.yaml -> config/my_columns.yml" in done.stdout


@pytest.mark.parametrize("is_staged", [True, False])
def test_files_with_changes_that_git_does_not_have_are_left_alone(work_tree, is_staged):
    with (work_tree / "jobs.yml").open("a") as file:
        file.write("y: mine\n")
    if is_staged:
        git(work_tree, "add", "-A")
    before = everything(work_tree)
    with pytest.raises(NotFixedError, match=r"^jobs\.yml has changes that are not committed"):
        fix(work_tree)
    assert everything(work_tree) == before


def test_changes_in_other_files_do_not_matter(work_tree):
    (work_tree / "src" / "train.py").write_text("x = 1\n")
    (work_tree / "new.txt").write_text("x")
    assert len(fix(work_tree)) == 3


def test_settings_of_the_folder_start_no_program(work_tree):
    program = work_tree / "program"
    program.write_text(f"#!/bin/sh\ntouch {work_tree}/started\n")
    program.chmod(0o755)
    git(work_tree, "config", "core.fsmonitor", str(program))
    fix(work_tree)
    assert not (work_tree / "started").exists()


OUTSIDE = "outside the folder"


@pytest.mark.parametrize(
    "wanted",
    [
        Create("linked/new.txt", "x", ""),
        Create("file_link", "x", ""),
        Create("dangling", "x", ""),
        Rename("linked/a-b.yml", "linked/a_b.yml"),
        Rewrite("linked/a-b.yml", OUTSIDE.encode(), b"x", ()),
        Rewrite("file_link", OUTSIDE.encode(), b"x", ()),
    ],
)
def test_no_link_leads_out_of_the_folder(tmp_path, wanted):
    folder, outside = tmp_path / "model", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "a-b.yml").write_text(OUTSIDE)
    (folder / "linked").symlink_to(outside)
    (folder / "file_link").symlink_to(outside / "a-b.yml")
    (folder / "dangling").symlink_to(outside / "none")
    with pytest.raises(NotFixedError, match="was left alone"):
        list(apply(folder, [wanted]))
    assert everything(outside) == {outside / "a-b.yml": OUTSIDE.encode()}


@pytest.mark.parametrize("path", ["../escaped.txt", "a/../../escaped.txt", "{}/escaped.txt"])
def test_no_path_leads_out_of_the_folder(tmp_path, path):
    folder = tmp_path / "model"
    folder.mkdir()
    with pytest.raises(NotFixedError):
        list(apply(folder, [Create(path.format(tmp_path), "x", "")]))
    assert not (tmp_path / "escaped.txt").exists()


def test_nothing_that_is_there_is_written_over(folder):
    (folder / "config" / "my_columns.yml").write_text("mine\n")
    before = everything(folder)
    for wanted in (
        Create("jobs.yml", "x", ""),
        Rename("config/my-columns.yaml", "config/my_columns.yml"),
        Rewrite("jobs.yml", b"what it was\n", b"x", ()),
    ):
        with pytest.raises(NotFixedError):
            list(apply(folder, [wanted]))
    assert everything(folder) == before


def test_what_was_done_before_a_failure_is_told(folder):
    telling = apply(folder, [Create("a.txt", "x", "read it"), Create("jobs.yml", "x", "")])
    assert next(telling) == "made a.txt: read it"
    with pytest.raises(NotFixedError, match="what is told above is done"):
        next(telling)
    assert (folder / "a.txt").read_text() == "x"
