"""Looks at the processes and the folder again and again, and says when they went too far."""

import os
import time
from typing import Final, NamedTuple

from workers.warden import processes
from workers.warden.order import Order

MB: Final = 1024 * 1024
SECTOR: Final = 512  # the unit of st_blocks, on any file system
ENTRY_BYTES: Final = 4096  # an empty file costs, too
DISK_SHARE: Final = 10  # looking at the folder takes a tenth of the time at most

TIME: Final = "ended after {seconds:g} s"
MEMORY: Final = "took more than {memory_mb} MB of memory"
PROCESSES: Final = "held more than {processes} processes"
DISK: Final = "filled its folder with more than {disk_mb} MB"
HIDDEN: Final = "made a folder that nobody can look into: {reason}"


class Breach(NamedTuple):
    stopped: str
    note: str


class Watch:
    def __init__(self, order: Order) -> None:
        self._order = order
        self.began = time.monotonic()
        self._next_disk = self.began

    def look(self) -> Breach | None:
        order = self._order
        if time.monotonic() - self.began > order.seconds:
            return Breach("time", TIME.format(seconds=order.seconds))
        pids = processes.descendants()
        if len(pids) > order.processes:
            return Breach("memory", PROCESSES.format(processes=order.processes))
        most = order.memory_mb * MB
        if processes.memory_bytes(pids, most) > most:
            return Breach("memory", MEMORY.format(memory_mb=order.memory_mb))
        try:
            is_full = self._holds(pids) > order.disk_mb * MB
        except OSError as error:  # too deep for a path, or without the right to read it
            return Breach("disk", HIDDEN.format(reason=error.strerror))
        return Breach("disk", DISK.format(disk_mb=order.disk_mb)) if is_full else None

    def _holds(self, pids: list[int]) -> int:
        began = time.monotonic()
        if began < self._next_disk:
            return 0
        held = folder_bytes(self._order.folder) + processes.unlinked_bytes(pids)
        ended = time.monotonic()
        self._next_disk = ended + (ended - began) * DISK_SHARE
        return held


def folder_bytes(folder: str) -> int:
    """A sparse file counts what it really takes; no link is followed."""
    total, folders = 0, [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    total += entry.stat(follow_symlinks=False).st_blocks * SECTOR + ENTRY_BYTES
        except (FileNotFoundError, NotADirectoryError):  # gone while we looked
            continue
    return total
