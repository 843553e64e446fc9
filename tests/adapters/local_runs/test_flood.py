"""A step that only prints is ended by its limits: its output is read, and dropped when too much."""

import os
import sys
import time

import pytest

from adapters.local_runs.child import ChildCommand, run
from adapters.local_runs.run_log import LOG_FULL, RunLog

FLOODS = {
    "lines": "while True: print('epoch 1 loss=0.1')",
    "names of secrets": "while True: print('token=' * 3000)",
    "one line without an end": "import sys\nwhile True: sys.stdout.write('password = ' * 9000)",
}


@pytest.mark.parametrize("source", FLOODS.values(), ids=FLOODS)
def test_a_flood_is_ended_when_its_time_is_over(tmp_path, source: str):
    command = ChildCommand(
        argv=(sys.executable, "-c", source), env={"PATH": os.defpath}, folder=str(tmp_path)
    )
    began = time.monotonic()
    with RunLog(tmp_path / "log", (), limit_bytes=200_000) as log:
        ended = run(command, log.write, lambda seconds: "too long" if seconds > 1 else "")
    assert ended.reason == "too long"
    assert time.monotonic() - began < 10
    assert (tmp_path / "log").stat().st_size <= 200_000 + len(LOG_FULL)
