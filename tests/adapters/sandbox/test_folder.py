"""What a process leaves in its folder is hostile: only plain files are read, all of it goes."""

import os

import pytest

from adapters.sandbox.folder import TemporaryFolder, remove_stale
from core.gate.tools import ToolCommand
from tests.model_repos import a_repo

REPORT = ToolCommand(argv=("true",), collects=("sub/report",), output_mb=1)


@pytest.fixture
def folder():
    made = TemporaryFolder()
    made.lay_out(a_repo().files, {}, b"")
    (made.out / "sub").mkdir()
    yield made
    made.remove()
    assert not made.path.exists()


def make_link(report):
    (report.parents[2] / "secret").write_text("secret")
    report.symlink_to(report.parents[2] / "secret")


def make_folder_link(report):
    elsewhere = report.parents[2] / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "report").write_text("secret")
    report.parent.rmdir()
    report.parent.symlink_to(elsewhere)


def make_socket_folder(report):
    report.mkdir()


@pytest.mark.parametrize(
    "plant",
    [make_link, make_folder_link, os.mkfifo, make_socket_folder],
    ids=["a link", "a folder that is a link", "a pipe", "a folder"],
)
def test_only_plain_files_are_read(folder, plant):
    plant(folder.out / "sub" / "report")

    assert folder.collect(REPORT) == ({}, [])


def test_a_plain_file_is_read(folder):
    (folder.out / "sub" / "report").write_bytes(b"fine")

    assert folder.collect(REPORT) == ({"sub/report": b"fine"}, [])


def test_a_huge_file_without_content_is_not_read(folder):
    with (folder.out / "sub" / "report").open("wb") as file:
        file.truncate(1 << 40)

    assert folder.collect(REPORT) == ({}, ["sub/report is larger than 1 MB and was not read"])


def test_the_out_folder_itself_may_be_gone(folder):
    (folder.out / "sub").rmdir()
    folder.out.rmdir()

    assert folder.collect(REPORT) == ({}, [])


def test_the_out_folder_itself_may_be_a_link(folder):
    (folder.out / "sub").rmdir()
    folder.out.rmdir()
    folder.out.symlink_to(folder.repo)

    command = ToolCommand(argv=("true",), collects=("README.md",))
    assert folder.collect(command) == ({}, [])


def test_folders_without_end_and_without_rights_are_removed(folder):
    here = os.open(folder.repo, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("deep", dir_fd=here)
        inner = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (folder.out / "sub").chmod(0)


def test_a_folder_of_the_same_name_in_another_form_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "sluss_sandbox_notes").mkdir()

    remove_stale()

    assert (tmp_path / "sluss_sandbox_notes").exists()
