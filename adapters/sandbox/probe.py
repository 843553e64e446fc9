"""Finds out what this machine allows, by really running something at each level."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.sandbox import control_groups
from adapters.sandbox.folder import remove_stale
from adapters.sandbox.orders import USUAL, Bounds, Fence
from adapters.sandbox.sandbox import ShutIn
from adapters.sandbox.warden import kernel
from core.gate.checks import ModelRepo
from core.gate.tools import OUT, PYTHON, Level, ToolCommand
from core.ports.sandbox import Places, Sandbox

BUBBLEWRAP: Final = "bwrap"
PROBE_S: Final = 20.0
# No host file, no process from outside and no way out may be seen; what it writes must come back.
PROOF: Final = """
import os, sys
files = [path for path in sys.argv[2:] if os.path.exists(path)]
others = [name for name in os.listdir("/proc") if name.isdecimal() and int(name) > 99]
routes = open("/proc/net/route").readlines()[1:]
open(sys.argv[1], "w").write(f"{len(files)} {len(others)} {len(routes)}")
"""
SHUT: Final = b"0 0 0"
HOST_FILES: Final = ("/etc/shadow", "/run", "/sys", "/var")


async def probe(
    strongest: Level = Level.BUBBLEWRAP,
    bounds: Bounds = USUAL,
    *,
    may_group: bool = True,
    home: Path | None = None,
) -> Sandbox:
    """The strongest sandbox that works here, and is not stronger than that.

    ``may_group``: with control groups where the machine lets us make some. ``home`` is where long
    runs are kept; without one they have a new temporary folder, where no other process finds them.
    """
    home = home or Path(tempfile.gettempdir(), f"sluss_{secrets.token_hex(8)}")
    await asyncio.to_thread(remove_stale)
    groups = await asyncio.to_thread(_groups) if may_group else ()
    for fence in _candidates(strongest, bounds, groups):
        sandbox = ShutIn(fence, home)
        if await _holds(sandbox):
            return sandbox
    kernel.hide_process()  # without walls the code runs as our own user
    return ShutIn(Fence(level=Level.LIMITS, bounds=bounds, groups=groups), home)


def _groups() -> tuple[str, ...]:
    found = control_groups.find()
    control_groups.remove_stale(found)
    return found


def _candidates(strongest: Level, bounds: Bounds, groups: tuple[str, ...]) -> Iterator[Fence]:
    program = shutil.which(BUBBLEWRAP)
    if program and strongest is Level.BUBBLEWRAP:
        yield Fence(level=Level.BUBBLEWRAP, program=program, bounds=bounds, groups=groups)
    if strongest is not Level.LIMITS:
        yield Fence(level=Level.NAMESPACES, bounds=bounds, groups=groups)


async def _holds(sandbox: Sandbox) -> bool:
    command = ToolCommand(
        argv=(PYTHON, "-I", "-S", "-c", PROOF, f"{OUT}/proof", *HOST_FILES),
        collects=("proof",),
        seconds=PROBE_S,
    )
    output = await sandbox.run(command, ModelRepo(files={}), Places())
    return output.code == 0 and output.files.get("proof") == SHUT
