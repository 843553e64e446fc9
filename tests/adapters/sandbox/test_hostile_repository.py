"""A repository that attacks whoever tests it: each attack is contained, and named where it is met.

What only walls can hold is tried behind walls alone; the others are tried on every level.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from adapters.sandbox.warden.limits import REFUSED
from core.gate.tools import Level, Stopped
from tests.adapters.sandbox import attacks
from tests.adapters.sandbox.looking import living

MARK = "sluss-hostile-mark"

MEMORY, DISK, TIME, OUTPUT = Stopped.MEMORY, Stopped.DISK, Stopped.TIME, Stopped.OUTPUT
PROCESSES = Stopped.PROCESSES
NAMED = {
    "fork without end": (attacks.FORK_WITHOUT_END, PROCESSES, "held more than 24 processes"),
    "fork from every child": (attacks.FORK_FROM_EVERY_CHILD, PROCESSES, "held more than 24 processes"),
    "start threads": (attacks.START_THREADS, PROCESSES, "held more than 100 threads"),
    "eat memory": (attacks.EAT_MEMORY, MEMORY, "took more than 160 MB of memory"),
    "eat it together": (attacks.EAT_MEMORY_TOGETHER, MEMORY, "took more than 160 MB of memory"),
    "fill the repository": (attacks.FILL_THE_REPOSITORY, DISK, "filled its folder with more than 48 MB"),
    "fill the temporary folder": (attacks.FILL_THE_TEMPORARY_FOLDER, DISK, "filled its folder with more than 48 MB"),
    "fill without a name": (attacks.FILL_WITHOUT_A_NAME, DISK, "filled its folder with more than 48 MB"),
    "fill on the way": (attacks.FILL_ON_THE_WAY, DISK, "filled its folder with more than 48 MB"),
    "fill behind a map": (attacks.FILL_BEHIND_A_MAP, DISK, "filled its folder with more than 48 MB"),
    "fill in a thread": (attacks.FILL_IN_A_THREAD, DISK, "filled its folder with more than 48 MB"),
    "fill in memory": (attacks.FILL_IN_MEMORY, DISK, "filled its folder with more than 48 MB"),
    "hide in deep folders": (attacks.HIDE_IN_DEEP_FOLDERS, DISK, "made a folder that nobody can look into: File name too long"),
    "flood stdout": (attacks.FLOOD_STDOUT, OUTPUT, "wrote more than 1 MB"),
    "flood stderr": (attacks.FLOOD_STDERR, OUTPUT, "wrote more than 1 MB"),
}  # fmt: skip
# A control group may come before the watch, whose words are those above.
REFUSED_BY_THE_KERNEL = {PROCESSES: ("wanted more than 200 processes and threads",)}

SYSTEM = ("/usr/planted", "/etc/planted", "/dev/planted", "/planted")


@pytest.mark.parametrize("attack", NAMED)
async def test_what_goes_too_far_is_ended_and_named(machine, attack):
    code, stopped, note = NAMED[attack]

    output = await machine.run(code, MARK)

    assert (output.stopped, output.code) == (stopped, -9)
    assert output.notes in {(note,), REFUSED_BY_THE_KERNEL.get(stopped)}
    assert living(MARK) == []


@pytest.mark.parametrize("code", [attacks.NEVER_END, attacks.BURN_TIME], ids=["waits", "works"])
async def test_what_never_ends_is_ended(machine, code):
    output = await machine.run(code, MARK, seconds=0.5)

    assert (output.stopped, output.notes) == (TIME, ("ended after 0.5 s",))
    assert living(MARK) == []


async def test_no_process_stays_behind(machine):
    output = await machine.run(attacks.STAY_BEHIND, MARK)

    assert output.code == 0
    assert living(MARK) == []


@pytest.mark.parametrize(
    "code", [attacks.KILL_THE_PARENT, attacks.KILL_THE_PARENT_AND_STAY], ids=["alone", "with more"]
)
async def test_without_its_parent_it_ends_too(machine, code):
    output = await machine.run(code, MARK, seconds=0.5)

    assert output.code != 0
    assert output.notes or b"not permitted" in output.stderr  # its parent is another user's
    assert living(MARK) == []


@pytest.mark.skipif(
    os.uname().machine not in REFUSED, reason="the numbers of the calls are not known here"
)
async def test_calls_that_no_test_needs_are_refused(machine):
    output = await machine.run(attacks.CALL_THE_KERNEL)

    assert output.stdout.split() == [b"-1"] * 4


@pytest.mark.skipif(
    os.uname().machine not in REFUSED, reason="the numbers of the calls are not known here"
)
async def test_no_socket_leads_around_the_network(machine):
    """One to the host of a virtual machine (AF_VSOCK) is in no namespace."""
    output = await machine.run(attacks.OPEN_OTHER_SOCKETS)

    assert output.stdout.split() == [b"1", b"2", b"10", b"16"]


async def test_it_has_no_capability_and_cannot_raise_its_limits(machine):
    output = await machine.run(attacks.RAISE_LIMITS)

    inheritable, permitted, effective, _, ambient = output.stdout.split()
    assert {int(held, 16) for held in (inheritable, permitted, effective, ambient)} == {0}
    assert b"not allowed to raise maximum limit" in output.stderr


async def test_it_gets_none_of_the_workers_variables(machine, monkeypatch):
    monkeypatch.setenv("SLUSS_TEST_SECRET", "do-not-tell")

    output = await machine.run("import os; print(*sorted(os.environ))")

    assert set(output.stdout.split()) <= {b"HOME", b"LANG", b"LC_CTYPE", b"PATH", b"PWD", b"TMPDIR"}


async def test_behind_walls_the_host_cannot_be_read(walled, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("host-secret")

    output = await walled.run(attacks.READ_THE_HOST, str(secret), str(Path(__file__)))

    assert b"host-secret" not in output.stdout
    assert b"root:" not in output.stdout
    assert output.stdout.count(b"No such file") == 4
    assert output.stdout.splitlines()[0].startswith(b"sandbox:x:1000:")
    assert output.stdout.splitlines()[-1].split() == [b"[]"] * 4


async def test_it_cannot_look_into_the_process_that_watches_it_nor_into_the_worker(machine):
    """Behind bubblewrap its parent is bubblewrap's own, which knows nothing that it does not."""
    output = await machine.run(attacks.READ_PROCESSES, str(os.getpid()))

    lines = output.stdout.splitlines()
    assert all(line.startswith(b"no:") for line in lines[3:])
    assert machine.level is Level.BUBBLEWRAP or all(line.startswith(b"no:") for line in lines)
    assert len(lines) == 6


async def test_behind_walls_the_network_is_gone(walled):
    heard = []

    async def listen(reader, writer):
        heard.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        output = await walled.run(attacks.CALL_OUT, str(port))

    assert output.stdout.startswith(b"no way:")
    assert heard == []


async def test_only_who_may_has_a_network(walled):
    async def listen(reader, writer):
        heard.set_result(await reader.read())
        writer.close()

    heard = asyncio.get_running_loop().create_future()
    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await walled.run(attacks.CALL_OUT, str(port), has_network=True, runs_code=False)

    assert await asyncio.wait_for(heard, 5) == b"hello"


async def test_behind_walls_nothing_outside_is_written(walled, tmp_path):
    """Its own /tmp may be written to, and a checkout may lie in the /tmp outside."""
    target, checkout = tmp_path / "planted", Path(__file__).parents[3]

    output = await walled.run(attacks.WRITE_OUTSIDE, str(target), str(checkout))

    assert output.stdout.count(b"no:") >= 7
    outside = (target, checkout / "planted", Path(sys.prefix, "planted"), *map(Path, SYSTEM))
    assert [path for path in outside if path.exists()] == []


async def test_behind_walls_only_its_own_processes_can_be_seen_and_killed(walled):
    seen = await walled.run(attacks.SEE_PROCESSES)
    killed = await walled.run(attacks.KILL_EVERYTHING)

    assert max(map(int, seen.stdout.split())) < 10
    assert b"No such process" in killed.stderr


async def test_behind_walls_there_is_no_way_to_more_power(walled):
    output = await walled.run(attacks.MAKE_NAMESPACES)

    assert output.stdout.split() == [b"-1", b"-1"]
