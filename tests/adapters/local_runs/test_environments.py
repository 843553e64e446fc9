"""What uv says becomes progress and reasons."""

import pytest

from adapters.local_runs.environments import UvOutput
from core.scrub import secrets_in

PROGRESS = b"""\
Resolved 45 packages in 1.36s
Downloading numpy (16.2MiB)
Prepared 44 packages in 4.20s
Installed 45 packages in 210ms
"""

UNSOLVED = """\
Using Python 3.11.7 environment at: v
error: No solution found when resolving dependencies
  cause: Because there is no version of six==99 and you
         require six==99, it is unsatisfiable.

hint: something else
"""
AS_A_TREE = """\
  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:
  ╰─▶ Because there is no version of six==99 and you require
      six==99, it is unsatisfiable.
"""
UNREACHABLE = """\
error: Request failed after 3 retries in 6.1s
  cause: Failed to fetch: six
  cause: error sending request
"""
ALONE = "error: The interpreter is gone\n"


def test_progress_is_told_while_it_comes():
    told: list[str] = []
    seen: list[bytes] = []
    UvOutput(seen.append, told.append).take(PROGRESS)
    assert told == ["fetching 45 packages", "installing 44 packages"]
    assert seen == [PROGRESS]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UNSOLVED, "cannot be installed: Because there is no version of six==99 and you require"),
        (AS_A_TREE, "cannot be installed: Because there is no version of six==99 and you require"),
        (UNREACHABLE, "The package index does not answer: Failed to fetch: six Nothing was run"),
        (ALONE, "cannot be installed: The interpreter is gone Nothing was run"),
        ("killed", "cannot be installed: killed Nothing was run"),
        ("x" * 9000, f"{'x' * 500}… Nothing was run"),
    ],
)
def test_a_failure_is_explained_in_a_line(text: str, said: str):
    output = UvOutput(lambda _: None, lambda _: None)
    output.take(text.encode())
    assert said in output.explain()
    assert "hint" not in output.explain()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_no_password_of_an_index_goes_into_log_or_reason(size: int):
    said = (
        b"warning: expanding six @ swordfish-1\n"
        b"error: Failed to parse: `six @ swordfish-1`, also at https://me:swordfish%2D2@index.example"
    )
    seen: list[bytes] = []
    secrets = secrets_in(
        {
            "UV_INDEX_BANK_PASSWORD": "swordfish-1",
            "UV_INDEX_URL": "https://me:swordfish%2D2@index.example",
        }
    )
    output = UvOutput(seen.append, lambda _: None, secrets)
    for at in range(0, len(said), size):
        output.take(said[at : at + size])
    reason = output.explain()

    assert b"swordfish" not in b"".join(seen)
    assert "swordfish" not in reason
    assert "six @ ***" in reason
