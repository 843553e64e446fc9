"""Finds out what this machine allows, by really running something at each level."""

import asyncio
import shutil
from collections.abc import Iterator
from typing import Final

from core.checks import ModelRepo
from core.ports.sandbox import Places, Sandbox
from core.tools import OUT, PYTHON, Command, Level
from workers.sandbox.run_folder import remove_stale
from workers.sandbox.sandbox import USUAL, Bounds, ShutIn
from workers.warden import kernel

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


async def probe(strongest: Level = Level.BUBBLEWRAP, bounds: Bounds = USUAL) -> Sandbox:
    """The strongest sandbox that works here, and is not stronger than that."""
    await asyncio.to_thread(remove_stale)
    for sandbox in _candidates(strongest, bounds):
        if await _holds(sandbox):
            return sandbox
    kernel.hide_process()  # without walls the code runs as our own user
    return ShutIn(Level.LIMITS, bounds=bounds)


def _candidates(strongest: Level, bounds: Bounds) -> Iterator[ShutIn]:
    program = shutil.which(BUBBLEWRAP)
    if program and strongest is Level.BUBBLEWRAP:
        yield ShutIn(Level.BUBBLEWRAP, program, bounds)
    if strongest is not Level.LIMITS:
        yield ShutIn(Level.NAMESPACES, bounds=bounds)


async def _holds(sandbox: ShutIn) -> bool:
    command = Command(
        argv=(PYTHON, "-I", "-S", "-c", PROOF, f"{OUT}/proof", *HOST_FILES),
        collects=("proof",),
        seconds=PROBE_S,
    )
    output = await sandbox.run(command, ModelRepo(files={}), Places())
    return output.code == 0 and output.files.get("proof") == SHUT
