"""Set-up says what it does, and its commands end as they would by themselves."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("true",), 0, "Making something  done\n"),
        (("sh", "-c", "echo no; exit 3"), 3, "Making something no\n failed\n"),
        (("sh", "-c", "kill -TERM $PPID"), 143, "Making something "),
    ],
)
def test_a_step_of_the_set_up_is_said_with_its_end(command, code, said):
    words = ["scripts/say.sh", "Making something", *command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, said)
