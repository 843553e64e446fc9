"""The watch over a run: it measures processes and folder, and says which limit is exceeded."""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH116

import os
import time
from collections.abc import Iterable

from adapters.sandbox.warden import processes
from adapters.sandbox.warden.group import ControlGroup
from adapters.sandbox.warden.order import WardenOrder

MB = 1024 * 1024
SECTOR = 512  # the unit of st_blocks, on any file system
ENTRY_BYTES = 4096  # an empty file costs, too
LOOK_SHARE = 5
DISK_SHARE = 10  # looking at the folder takes a tenth of the time at most

TIME = "ended after {seconds:g} s"
CPU = "took more than {cpu_s:g} s of processor time"
MEMORY = "took more than {memory_mb} MB of memory"
PROCESSES = "held more than {processes} processes"
THREADS = "held more than {tasks} threads"
TASKS = "wanted more than {tasks} processes and threads"
DISK = "filled its folder with more than {disk_mb} MB"
HIDDEN = "made a folder that nobody can look into: {reason}"


Breach = tuple[str, str]  # a value of core.gate.tools.Stopped, and what is to be noted


class LimitWatch:
    """Compares what the processes take with the limits of the order."""

    def __init__(self, order: WardenOrder, group: ControlGroup) -> None:
        self._order = order
        self._group = group
        self.began = time.monotonic()
        self._next_disk = self.began
        self._free = free_bytes(order.folder)
        self._look_s = 0.0

    def pause_s(self) -> float:
        """Return the seconds until the next look; looks take a sixth of the time at most."""
        return self._order.look_every_ms / 1000 + self._look_s * LOOK_SHARE

    def look(self) -> Breach | None:
        began = time.monotonic()
        breach = self._breach()
        self._look_s = time.monotonic() - began
        return breach

    def last(self) -> Breach | None:
        """Return what the control group has stopped, perhaps since the last look."""
        order, group = self._order, self._group
        if group.is_out_of_memory():
            return "memory", MEMORY.format(memory_mb=order.memory_mb)
        if group.is_out_of_tasks():
            return "processes", TASKS.format(tasks=group.tasks)
        return None

    def _breach(self) -> Breach | None:
        order = self._order
        if time.monotonic() - self.began > order.seconds:
            return "time", TIME.format(seconds=order.seconds)
        pids = processes.descendants()
        if 0 < order.cpu_s < processes.cpu_s(pids):
            return "cpu", CPU.format(cpu_s=order.cpu_s)
        return self._taken(pids)

    def _taken(self, pids: dict[int, int]) -> Breach | None:
        order = self._order
        if len(pids) > order.processes:
            return "processes", PROCESSES.format(processes=order.processes)
        if sum(pids.values()) > order.tasks:
            return "processes", THREADS.format(tasks=order.tasks)
        most = order.memory_mb * MB
        if processes.memory_bytes(pids, most) > most:
            return "memory", MEMORY.format(memory_mb=order.memory_mb)
        if breach := self.last():
            return breach
        try:
            is_full = self._holds(pids) > order.disk_mb * MB
        except OSError as error:  # too deep for a path, or without the right to read it
            return "disk", HIDDEN.format(reason=error.strerror)
        return ("disk", DISK.format(disk_mb=order.disk_mb)) if is_full else None

    def _holds(self, pids: Iterable[int]) -> int:
        began = time.monotonic()
        if began < self._next_disk:
            return 0
        folder = self._order.folder
        held = folder_bytes(folder) + processes.unlinked_bytes(pids)
        if processes.has_files_out_of_sight(pids, os.stat(folder).st_dev):
            held = max(held, self._free - free_bytes(folder))  # others may have taken some of it
        ended = time.monotonic()
        self._next_disk = ended + (ended - began) * DISK_SHARE
        return held


def free_bytes(folder: str) -> int:
    """Return what is free on the disk of a folder."""
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize


def folder_bytes(folder: str) -> int:
    """Return the disk space of all files below; sparse ones count what they take, links nothing."""
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
