"""What the words in braces mean in one run, and the environment variables of its process."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from adapters.sandbox.run_folder import RunFolder
from core.gate.tools import BIN, CACHE, MODEL_PYTHON, OUT, PYTHON, REPO, TEST_TOOLS, TOOL, Command
from core.ports.sandbox import Places


class Inside(msgspec.Struct, frozen=True):
    """Where the process finds its folders; behind walls they are not where we see them."""

    repo: str
    out: str
    tmp: str
    home: str
    tool: str


def as_it_is(folder: RunFolder) -> Inside:
    return Inside(
        str(folder.repo), str(folder.out), str(folder.tmp), str(folder.home), str(folder.tool)
    )


def words(command: Command, inside: Inside, places: Places) -> dict[str, str]:
    """The cache outlives the run, so code of the repository never gets it."""
    return {
        PYTHON: sys.executable,
        BIN: str(Path(sys.executable).parent),
        MODEL_PYTHON: places.model_python,
        TEST_TOOLS: places.test_tools,
        CACHE: "" if command.runs_code else places.cache,
        REPO: inside.repo,
        OUT: inside.out,
        TOOL: inside.tool,
    }


def fill_in(text: str, meanings: Mapping[str, str]) -> str:
    for word, meaning in meanings.items():
        text = text.replace(word, meaning)
    return text


def environment(command: Command, inside: Inside, meanings: Mapping[str, str]) -> dict[str, str]:
    """All that the process gets: nothing is inherited."""
    own = {name: fill_in(value, meanings) for name, value in command.env.items()}
    home = {"HOME": inside.home, "TMPDIR": inside.tmp}
    return {"PATH": os.defpath, "LANG": "C.UTF-8", **home, **own}
