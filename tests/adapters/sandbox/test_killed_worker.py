"""A worker that is killed leaves no process running, and the next one clears up its folders."""

import asyncio
import signal
import sys

import pytest

from adapters.sandbox import probe
from adapters.sandbox.folder import TemporaryFolder
from core.gate.tools import Level
from tests.adapters.sandbox.looking import folders, living, until

MARK = "sluss-orphan-mark"
WORKER = """
import asyncio, sys
from core.gate.checks import ModelRepo
from core.ports.sandbox import Places
from core.gate.tools import PYTHON, Level, ToolCommand
from adapters.sandbox import probe

async def main():
    sandbox = await probe(Level(sys.argv[1]))
    code = "import os, time; os.fork() or os.setsid(); time.sleep(120)"
    command = ToolCommand(argv=(PYTHON, "-I", "-S", "-c", code, sys.argv[2]), seconds=100)
    await sandbox.run(command, ModelRepo(files={"a": b"a"}), Places())

asyncio.run(main())
"""


@pytest.mark.parametrize("level", list(Level))
async def test_a_killed_worker_leaves_nothing_running(level):
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, level, MARK)
    await until(lambda: len(living(MARK)) >= 3)  # the worker has the mark in its command, too

    worker.send_signal(signal.SIGKILL)
    await worker.wait()

    await until(lambda: not living(MARK))
    # Another process that probes may have cleared up before us.
    assert len(folders(worker.pid)) <= 1
    await probe(Level.LIMITS)
    assert folders(worker.pid) == []


async def test_folders_of_the_living_stay():
    folder = TemporaryFolder()

    await probe(Level.LIMITS)

    assert folder.path.exists()
    folder.remove()
