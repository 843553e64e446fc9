"""The processes of a run are told by its folder: two homes may have a run of the same id."""

import subprocess
import sys

from adapters.local_runs.folder import RunFolder
from adapters.local_runs.processes import MARK, end_marked

RUN = "0123456789abcdef" * 2


def test_the_same_run_of_another_home_is_left_alone(tmp_path):
    ours, other = (RunFolder(tmp_path / home / "runs" / RUN) for home in ("ours", "other"))
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"],
        env={MARK: other.mark}, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        process.stdout.readline()
        end_marked(ours.mark)
        assert process.poll() is None

        end_marked(other.mark)
        process.wait(10)  # by itself it would sleep on
