"""Ends what a warden could not end because it was killed: without walls, code may do that."""

import contextlib
from pathlib import Path
from typing import Final

import psutil

SWEEPS: Final = 20
WAIT_S: Final = 1.0


def end_leftovers(folder: Path) -> None:
    """They are found by their home folder, again and again, since they may fork meanwhile."""
    for _ in range(SWEEPS):
        found = [process for process in psutil.process_iter() if _is_at_home(process, folder)]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=WAIT_S)


def _is_at_home(process: psutil.Process, folder: Path) -> bool:
    try:
        home = process.environ().get("HOME", "")
        return process.status() != psutil.STATUS_ZOMBIE and Path(home).is_relative_to(folder)
    except (psutil.Error, OSError):
        return False
