"""Control groups: where one may be made, and that the kernel holds what the watch may miss."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from adapters.sandbox import probe
from adapters.sandbox.control_groups import candidates, find, remove_stale
from adapters.sandbox.folder import PREFIX
from adapters.sandbox.warden.group import ControlGroup
from core.gate.tools import Level
from tests.adapters.sandbox.conftest import Machine

MB = 1024 * 1024
# It waits for a line, so that it is in the group before it takes anything.
TAKE_MEMORY = f"import sys; sys.stdin.readline(); held = bytearray(256 * {MB}); held[::4096] = b'x' * (256 * 256)"
FORK = """
import os, sys, time
sys.stdin.readline()
try:
    for number in range(64):
        if os.fork() == 0:
            time.sleep(30)
except BlockingIOError:
    print(number, flush=True)
"""
TAKE_AT_ONCE = f"held = b'x' * (400 * {MB}); print('there')"


@pytest.fixture(scope="module")
def places():
    found = find()
    if not found:
        pytest.skip("this machine lets us make no control group")
    return found


@pytest.fixture
def group(places):
    name = f"{PREFIX}{os.getpid()}_tried"
    made = ControlGroup([f"{place}/{name}" for place in places], memory_mb=64, tasks=12)
    made.make()
    yield made
    made.end()


def start(code, group):
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe)
    group.join(process.pid)
    return process


def test_memory_that_is_too_much_ends_who_takes_it(group):
    process = start(TAKE_MEMORY, group)
    process.communicate(b"go\n", timeout=30)

    assert process.returncode == -9
    assert group.is_out_of_memory()


def test_a_process_too_many_is_refused(group):
    with start(FORK, group) as process:
        process.stdin.write(b"go\n")
        process.stdin.flush()
        assert 5 <= int(process.stdout.readline()) < 12
        assert group.is_out_of_tasks()
        group.end()

    assert not group.is_out_of_memory()


def test_its_end_is_the_end_of_all_in_it(group):
    process = start("import time; time.sleep(60)", group)
    group.end()

    assert process.wait(timeout=10) == -9
    process.communicate()
    assert [folder for folder in group.folders if Path(folder).exists()] == []


def test_where_one_folder_cannot_be_made_none_is_left(places, tmp_path):
    name = f"{PREFIX}{os.getpid()}_broken"
    folders = [f"{places[0]}/{name}", str(tmp_path / "no" / "such")]
    with pytest.raises(FileNotFoundError):
        ControlGroup(folders, memory_mb=64, tasks=12).make()

    assert not Path(folders[0]).exists()


def test_what_offers_no_limit_is_no_group(tmp_path):
    """As in version 2, where nobody has handed the controllers on."""
    with pytest.raises(FileNotFoundError, match="no limits are offered"):
        ControlGroup([str(tmp_path / "new")], memory_mb=64, tasks=12).make()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("level", Level)
async def test_one_allocation_between_two_looks_is_stopped_and_named(level):
    """RLIMIT_DATA would allow four times the memory, and the watch looks 50 times a second."""
    output = await Machine(await probe(level)).run(TAKE_AT_ONCE, memory_mb=128, seconds=30)

    assert (output.stdout, output.notes) == (b"", ("took more than 128 MB of memory",))


def test_no_group_is_left(places):
    asyncio.run(Machine(asyncio.run(probe())).run("print(1)"))

    left = [path for place in places for path in Path(place).glob(f"{PREFIX}{os.getpid()}_*")]
    assert left == []


def test_what_a_killed_warden_left_is_removed(places):
    folders = [Path(place, f"{PREFIX}{os.getpid()}_left") for place in places]
    for folder in folders:
        folder.mkdir()
    remove_stale(places)

    assert [folder for folder in folders if folder.exists()] == []


def test_that_of_a_run_is_not_removed(places):
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}_") as run:
        folders = [Path(place, Path(run).name) for place in places]
        for folder in folders:
            folder.mkdir()
        remove_stale(places)
        assert all(folder.exists() for folder in folders)
        for folder in folders:
            folder.rmdir()


def test_a_trial_is_left_to_who_tries_and_removed_after_a_killed_one(tmp_path):
    with subprocess.Popen(["true"]) as gone:
        pass
    trials = [tmp_path / f"sluss_trial_{pid}_x" for pid in (os.getpid(), gone.pid)]
    for trial in trials:
        trial.mkdir()
    remove_stale((str(tmp_path),))

    assert [trial.exists() for trial in trials] == [True, False]


def test_the_end_of_what_was_never_made_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("adapters.sandbox.warden.group.WAIT_S", 3600.0)

    ControlGroup([str(tmp_path / "never")], memory_mb=64, tasks=12).end()


def a_process(folder, cgroup, *mounts):
    (folder / "proc").mkdir()
    (folder / "proc" / "cgroup").write_text(cgroup)
    lines = [f"3{number} 2 0:2{number} {mount}\n" for number, mount in enumerate(mounts)]
    (folder / "proc" / "mountinfo").write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda rw\n" + "".join(lines)
    )
    return folder / "proc"


def version_2(folder, root="/"):
    return f"{root} {folder}/fs rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"


def hands_on(folder, words):
    folder.mkdir(parents=True)
    (folder / "cgroup.subtree_control").write_text(words)
    return str(folder)


def test_the_group_above_ours_is_tried_where_it_hands_memory_and_pids_on(tmp_path):
    above = hands_on(tmp_path / "fs" / "sluss.service", "cpu memory pids\n")
    hands_on(tmp_path / "fs" / "sluss.service" / "main", "\n")
    proc = a_process(tmp_path, "0::/sluss.service/main\n", version_2(tmp_path))

    assert list(candidates(proc)) == [(above,)]


def test_a_group_that_hands_nothing_on_is_not_tried(tmp_path):
    hands_on(tmp_path / "fs" / "sluss.service", "cpu\n")
    proc = a_process(tmp_path, "0::/sluss.service\n", version_2(tmp_path))

    assert list(candidates(proc)) == []


def test_a_container_sees_its_part_of_the_whole(tmp_path):
    own = hands_on(tmp_path / "fs", "memory pids\n")
    proc = a_process(tmp_path, "0::/docker/abc\n", version_2(tmp_path, "/docker/abc"))

    assert (own,) in candidates(proc)


def test_a_group_out_of_sight_is_not_tried(tmp_path):
    hands_on(tmp_path / "fs", "memory pids\n")
    proc = a_process(tmp_path, "0::/../other\n", version_2(tmp_path, "/docker/abc"))

    assert list(candidates(proc)) == []


def test_version_1_has_a_folder_for_each_controller(tmp_path):
    kinds = ("memory", "cpu,cpuacct", "pids")
    mounts = [f"/ {tmp_path}/{kind} rw - cgroup cgroup rw,{kind}" for kind in kinds]
    proc = a_process(tmp_path, "9:memory:/a/b\n8:pids:/\n7:cpu,cpuacct:/\n", *mounts)

    assert list(candidates(proc)) == [(f"{tmp_path}/memory/a/b", f"{tmp_path}/pids")]


def test_version_1_without_memory_is_not_tried(tmp_path):
    proc = a_process(tmp_path, "8:pids:/\n", f"/ {tmp_path}/pids rw - cgroup cgroup rw,pids")

    assert list(candidates(proc)) == []
