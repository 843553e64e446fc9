"""What tests see of the machine: processes by a mark in their command, and folders of runs."""

import asyncio
import os
import tempfile
from pathlib import Path

import psutil

from adapters.sandbox.folder import PREFIX


def living(mark):
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if mark in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def folders(worker=None):
    """Those of one worker, which is this process unless it is said."""
    return sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}{worker or os.getpid()}_*"))


async def until(is_so):
    """Polls, since no process tells us that another one has begun or ended."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
