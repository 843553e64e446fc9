"""The digest sees any change of an artifact's files, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.artifact_digest.digest import artifact_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _an_artifact(tmp_path / "model")


def _an_artifact(folder: Path) -> Path:
    (folder / "code").mkdir(parents=True)
    (folder / "MLmodel").write_bytes(b"flavors: {}")
    (folder / "code" / "score.py").write_bytes(b"pass")
    return folder


def _change_a_byte(folder: Path) -> None:
    (folder / "MLmodel").write_bytes(b"flavors: []")


def _rename_a_file(folder: Path) -> None:
    (folder / "MLmodel").rename(folder / "MLmodem")


def _move_a_file(folder: Path) -> None:
    (folder / "code" / "score.py").rename(folder / "score.py")


def _add_an_empty_file(folder: Path) -> None:
    (folder / "extra").touch()


def _swap_two_contents(folder: Path) -> None:
    (folder / "MLmodel").write_bytes(b"pass")
    (folder / "code" / "score.py").write_bytes(b"flavors: {}")


def test_the_same_files_have_the_same_digest(folder: Path, tmp_path: Path):
    assert artifact_digest(_an_artifact(tmp_path / "copy")) == artifact_digest(folder)


@pytest.mark.parametrize(
    "change",
    [_change_a_byte, _rename_a_file, _move_a_file, _add_an_empty_file, _swap_two_contents],
)
def test_any_change_has_another_digest(folder: Path, change: Callable[[Path], None]):
    before = artifact_digest(folder)
    change(folder)
    assert artifact_digest(folder) != before


def test_an_empty_folder_is_no_change(folder: Path):
    before = artifact_digest(folder)
    (folder / "empty").mkdir()  # a download does not bring empty folders back
    assert artifact_digest(folder) == before
