import asyncio
import shutil
import subprocess

import pytest

from adapters.sandbox import Bounds, probe
from adapters.sandbox.sandbox import ShutIn
from core.gate.tools import PYTHON, Level, ToolCommand
from core.ports.sandbox import Places
from tests.adapters.sandbox.long_running import LongBench
from tests.model_repos import a_repo

WALLS = (Level.BUBBLEWRAP, Level.NAMESPACES)
KNOWN = {}
SMALL = Bounds(disk_mb=48, shared_mb=8, processes=24, tasks=100)


class Machine:
    """Runs a piece of Python as the repository's code, with little room."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.level = sandbox.level

    async def run(self, code="", *arguments, repo=None, places=None, **about):
        argv = about.pop("argv", (PYTHON, "-I", "-S", "-c", code, *arguments))
        usual = {"runs_code": True, "seconds": 20.0, "memory_mb": 160, "output_mb": 1}
        command = ToolCommand(argv=argv, **{**usual, **about})
        return await self.sandbox.run(command, repo or a_repo(), places or Places())


ALLOWED = {
    Level.BUBBLEWRAP: "bwrap --unshare-all --unshare-user --disable-userns --ro-bind / / --proc /proc true",
    Level.NAMESPACES: "unshare --user --map-root-user --net --pid --fork --mount --mount-proc true",
}


def is_allowed(level):
    """Tell whether this machine's own tools can do what the level is made of."""
    words = ALLOWED[level].split()
    return (
        bool(shutil.which(words[0]))
        and subprocess.run(words, check=False, capture_output=True).returncode == 0
    )


async def _at(level, *, may_group=True):
    if (level, may_group) not in KNOWN:
        KNOWN[level, may_group] = await probe(level, SMALL, may_group=may_group)
    sandbox = KNOWN[level, may_group]
    if sandbox.level is not level:
        assert not await asyncio.to_thread(is_allowed, level), "the machine allows it, and it fails"
        pytest.skip(f"this machine does not allow the level {level}")
    return Machine(sandbox)


# Where the machine lets us make control groups, the watch has to hold without them, too.
MACHINES = {
    "bubblewrap": (Level.BUBBLEWRAP, True),
    "namespaces, no group": (Level.NAMESPACES, False),
    "limits": (Level.LIMITS, True),
    "limits, no group": (Level.LIMITS, False),
}


@pytest.fixture(params=MACHINES)
async def machine(request):
    level, may_group = MACHINES[request.param]
    return await _at(level, may_group=may_group)


@pytest.fixture(params=WALLS)
async def walled(request):
    return await _at(request.param)


@pytest.fixture(params=["bubblewrap", "namespaces, no group", "limits, no group"])
async def bench(request, tmp_path):
    level, may_group = MACHINES[request.param]
    return await _bench_at(level, tmp_path, may_group=may_group)


@pytest.fixture
async def any_bench(tmp_path):
    """A bench at the weakest level, for tests of what is the same at every level."""
    return await _bench_at(Level.LIMITS, tmp_path, may_group=True)


@pytest.fixture(params=WALLS)
async def walled_bench(request, tmp_path):
    return await _bench_at(request.param, tmp_path, may_group=True)


async def _bench_at(level, tmp_path, *, may_group):
    """Make a bench with a home of its own; the machine was probed for the level before."""
    machine = await _at(level, may_group=may_group)
    home = tmp_path / "home"
    home.mkdir()
    return LongBench(ShutIn(machine.sandbox._fence, home), home)
