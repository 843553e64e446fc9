"""What the warden counts: folders with all that is in them, open files without a name, memory."""

import os
import subprocess
import sys

import psutil
import pytest

from adapters.sandbox.warden import processes
from adapters.sandbox.warden.processes import descendants, memory_bytes, unlinked_bytes
from adapters.sandbox.warden.watch import ENTRY_BYTES, folder_bytes

MB = 1024 * 1024
SHARE = """
import os, sys
held = b"x" * (64 << 20)
for _ in range(3):
    if os.fork() == 0:
        break
print("ready", flush=True)
sys.stdin.read()
"""


# Its first thread ends, and what is left looks like a zombie from outside.
GO_ON_WITHOUT_THE_FIRST_THREAD = """
import ctypes, threading, time
held = b"x" * (64 << 20)
threading.Thread(target=lambda: (time.sleep(0.2), print("ready", flush=True), time.sleep(30))).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_file_counts_what_it_takes(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "big").write_bytes(bytes(MB))
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 40)

    assert MB <= folder_bytes(str(tmp_path)) <= MB + 20 * ENTRY_BYTES


def test_empty_files_count_too(tmp_path):
    for number in range(100):
        (tmp_path / str(number)).touch()

    assert folder_bytes(str(tmp_path)) >= 100 * ENTRY_BYTES


def test_links_are_not_followed(tmp_path):
    (tmp_path / "all").symlink_to("/usr")

    assert folder_bytes(str(tmp_path)) <= 2 * ENTRY_BYTES


def test_a_folder_that_goes_meanwhile_counts_nothing(tmp_path):
    assert folder_bytes(str(tmp_path / "gone")) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)

    with pytest.raises(PermissionError):
        folder_bytes(str(tmp_path))


def test_an_open_file_without_a_name_counts(tmp_path):
    before = unlinked_bytes([os.getpid()])
    with (tmp_path / "file").open("wb") as file:
        file.write(bytes(MB))
        file.flush()
        (tmp_path / "file").unlink()

        assert unlinked_bytes([os.getpid()]) - before >= MB


def test_memory_that_processes_share_counts_once_where_it_matters():
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", SHARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        for _ in range(4):
            process.stdout.readline()
        below = psutil.Process(process.pid).children(recursive=True)
        ours = {process.pid, *(each.pid for each in below)}
        pids = {pid: count for pid, count in descendants().items() if pid in ours}
        rough, exact = memory_bytes(pids, 1 << 40), memory_bytes(pids, 0)
    finally:
        process.communicate()

    assert pids.keys() == ours
    assert rough > 4 * 64 * MB
    assert exact < 2 * 64 * MB


def test_who_goes_on_without_the_first_thread_is_counted():
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", GO_ON_WITHOUT_THE_FIRST_THREAD], stdout=subprocess.PIPE
    )
    try:
        process.stdout.readline()
        assert descendants().get(process.pid) == 2
        assert memory_bytes([process.pid], 1 << 40) > 64 * MB
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("has_children", [True, False])
def test_a_kernel_without_lists_of_children_is_asked_for_all_processes(monkeypatch, has_children):
    monkeypatch.setattr(processes, "HAS_CHILDREN", has_children)
    wait = "import subprocess, sys; subprocess.run(['cat'])"
    process = subprocess.Popen([sys.executable, "-c", wait], stdin=subprocess.PIPE)
    try:
        while len(psutil.Process(process.pid).children()) < 1:
            pass
        [below] = psutil.Process(process.pid).children()
        assert {process.pid, below.pid} <= descendants().keys()
    finally:
        process.communicate()
    assert not {process.pid, below.pid} & descendants().keys()
