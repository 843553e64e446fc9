"""What a step leaves is hostile: a plain file is taken, and anything else fails in words."""

import os

import psutil
import pytest

from adapters.local_runs.harness.carried_model import PICKLE
from adapters.local_runs.model_process import take_file
from core.errors import StepFailedError

LEFT = {
    "nothing": lambda path: None,
    "a folder": os.mkdir,
    "a pipe": os.mkfifo,
    "a link": lambda path: path.symlink_to("/etc/passwd"),
}


@pytest.mark.parametrize("leave", LEFT.values(), ids=LEFT)
def test_what_is_no_plain_file_is_not_taken(tmp_path, leave):
    leave(tmp_path / PICKLE)
    before = psutil.Process().num_fds()
    with pytest.raises(StepFailedError, match="left no plain file"):
        take_file(str(tmp_path), PICKLE, tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
    assert psutil.Process().num_fds() == before


def test_a_plain_file_is_taken_whole(tmp_path):
    (tmp_path / PICKLE).write_bytes(b"model")
    take_file(str(tmp_path), PICKLE, tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"model"
