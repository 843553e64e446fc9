"""A long run outlives whoever started it, keeps its limits alone, and its end is told in words."""

import asyncio
import contextlib
import os
import signal
import stat

import psutil
import pytest

from adapters.sandbox import long_runs
from core.errors import UnknownNameError
from core.gate.tools import OUT, REPO, TOOL, Stopped
from core.ports.sandbox import LongState
from tests.adapters.sandbox import attacks
from tests.adapters.sandbox.long_running import MARK, SLEEP, WAIT, an_order, finish, say
from tests.adapters.sandbox.looking import living, until

ENDED, LIMITED, CANCELLED = LongState.ENDED, LongState.LIMITED, LongState.CANCELLED
INTERRUPTED, LOST, RUNNING = LongState.INTERRUPTED, LongState.LOST, LongState.RUNNING

SECRET = "a-token-of-this-run"
SPIN = "while True: pass"
SPIN_IN_CHILDREN = """
import os
while True:
    if os.fork() == 0:
        for _ in range(300_000):
            pass
        os._exit(0)
    os.wait()
"""
TOO_FAR = {
    "time": (attacks.NEVER_END, {"seconds": 0.3}, "ended after 0.3 s"),
    "cpu": (SPIN, {"cpu_s": 0.1}, "took more than 0.1 s of processor time"),
    "cpu of children": (SPIN_IN_CHILDREN, {"cpu_s": 0.2}, "took more than 0.2 s of processor time"),
    "memory": (attacks.EAT_MEMORY, {}, "took more than 160 MB of memory"),
    "memory together": (attacks.EAT_MEMORY_TOGETHER, {}, "took more than 160 MB of memory"),
    "processes": (attacks.FORK_WITHOUT_END, {}, "held more than 24 processes"),
    "processes as threads": (attacks.START_THREADS, {}, "held more than 100 threads"),
    "disk": (attacks.FILL_THE_TEMPORARY_FOLDER, {}, "filled its folder with more than 48 MB"),
    "output": (attacks.FLOOD_STDOUT, {}, "wrote more than 1 MB"),
    "output of errors": (attacks.FLOOD_STDERR, {}, "wrote more than 1 MB"),
}
COUNT = f"""{WAIT}
for number in range(5):
    print("line", number)
    wait(number)
"""
ONCE = f"{WAIT}print('once'); wait(); print('done')"
FORK_TWICE = attacks.STAY_BEHIND + "time.sleep(60)\n"
KEYS = ["../../escaped", "/etc/passwd", "a\0b", "", "ä" * 1000, "\udcff", "a\nb", ".", "draft_x"]
NO_PLACES = ["relative", "/no/such/place", "/", "/usr/../etc", "/usr\0"]


async def test_what_it_says_and_writes_comes_back(bench):
    code = """
import os, sys
print(sys.stdin.read(), open("main.py").read(), open(f"{sys.argv[1]}/own.py").read())
open(f"{sys.argv[2]}/made", "w").write(os.environ["WHERE"] == os.getcwd() and "fine")
print("oh", file=sys.stderr)
sys.exit(3)
"""
    about = {"stdin": b"in", "files": {"main.py": b"code"}, "tools": {"own.py": b"ours"}}

    look = await bench.run(an_order(code, TOOL, OUT, env={"WHERE": REPO}, **about))

    assert (look.state, look.code, look.note, look.level) == (ENDED, 3, "", bench.level)
    assert 0 < look.seconds < 30
    assert await bench.sandbox.log("a run") == b"in code ours\noh\n"
    assert await bench.sandbox.result("a run", "made", 100) == b"fine"
    assert look.out.endswith("/work/out")


async def test_it_is_found_again_when_its_starter_was_killed(bench):
    starter = await bench.starter(an_order(ONCE, OUT))
    await say(starter)
    await finish(starter)

    assert (await bench.sandbox.look("a run")).state is RUNNING
    await bench.go()
    assert (await bench.ended()).state is ENDED
    assert await bench.sandbox.log("a run") == b"once\ndone\n"


async def test_a_starter_that_stands_still_does_not_matter(any_bench):
    starter = await any_bench.starter(an_order("import sys; sys.exit(7)", seconds=20.0))
    await say(starter)
    starter.send_signal(signal.SIGSTOP)

    look = await any_bench.ended()
    await any_bench.sandbox.forget("a run")

    assert (look.state, look.code) == (ENDED, 7)
    await finish(starter)


@pytest.mark.parametrize("limit", TOO_FAR)
async def test_what_goes_too_far_is_ended_and_told(bench, limit):
    code, about, note = TOO_FAR[limit]

    look = await bench.run(an_order(code, MARK, **about))

    assert (look.state, look.code, look.stopped) == (LIMITED, -9, Stopped(limit.split()[0]))
    assert look.note in {note, "wanted more than 200 processes and threads"}
    assert living(MARK) == []


async def test_a_flood_is_kept_up_to_its_limit(any_bench):
    await any_bench.run(an_order(attacks.FLOOD_STDOUT))

    [folder] = any_bench.folders
    assert (folder / "log").stat().st_size == 1024 * 1024


@pytest.mark.parametrize("code", [SLEEP, attacks.NEVER_END, FORK_TWICE], ids=["", "deaf", "twice"])
async def test_its_end_is_the_end_of_every_process(bench, code):
    await bench.sandbox.start("a run", an_order(code, MARK))
    await until(lambda: living(MARK))

    await bench.sandbox.end("a run")

    assert living(MARK) == []
    look = await bench.sandbox.look("a run")
    assert (look.state, look.note) == (CANCELLED, "ended because that was asked for")


async def test_an_end_that_is_asked_for_at_once_holds(any_bench):
    await any_bench.sandbox.start("a run", an_order(SLEEP, MARK))
    await any_bench.sandbox.end("a run")

    assert (await any_bench.sandbox.look("a run")).state is CANCELLED
    assert living(MARK) == []


async def test_a_warden_that_stands_still_is_ended(bench, monkeypatch):
    monkeypatch.setattr(long_runs, "PATIENCE_S", 0.3)
    await bench.sandbox.start("a run", an_order(FORK_TWICE, MARK))
    await until(lambda: living(MARK))
    os.kill(await bench.owned(), signal.SIGSTOP)

    await bench.sandbox.end("a run")

    await until(lambda: not living(MARK))
    assert (await bench.sandbox.look("a run")).state is CANCELLED


async def test_what_became_of_it_stays(any_bench):
    await any_bench.run(an_order("print('once')"))

    await any_bench.sandbox.end("a run")
    await any_bench.sandbox.start("a run", an_order("print('twice')"))

    assert (await any_bench.sandbox.look("a run")).state is ENDED
    assert await any_bench.sandbox.log("a run") == b"once\n"


async def test_its_log_is_followed_while_it_runs(bench):
    """It says no line before the one before was read."""
    await bench.sandbox.start("a run", an_order(COUNT, OUT))
    heard = b""
    for number in range(5):
        line = b"line %d\n" % number
        await bench.says(heard + line)
        assert await bench.sandbox.log("a run", len(heard)) == line
        heard += line
        assert (await bench.sandbox.look("a run")).state is RUNNING
        await bench.go(number)

    assert (await bench.ended()).state is ENDED
    assert await bench.sandbox.log("a run") == heard
    assert await bench.sandbox.log("a run", len(heard) + 100) == b""


async def test_starting_it_again_finds_it(any_bench):
    for _ in range(3):
        await any_bench.sandbox.start("a run", an_order(ONCE, OUT))
    await any_bench.go()

    assert (await any_bench.ended()).state is ENDED
    await any_bench.sandbox.start("a run", an_order(ONCE, OUT))
    assert await any_bench.sandbox.log("a run") == b"once\ndone\n"


async def test_processes_that_start_it_at_once_get_one(any_bench):
    starters = [await any_bench.starter(an_order(ONCE, OUT)) for _ in range(3)]

    said = await asyncio.gather(*(say(starter) for starter in starters))
    await any_bench.go()

    assert said == [b"started\n"] * 3
    assert (await any_bench.ended()).state is ENDED
    assert await any_bench.sandbox.log("a run") == b"once\ndone\n"
    assert len(any_bench.folders) == 1
    for starter in starters:
        await finish(starter)


async def test_when_it_was_laid_out_and_nothing_more_the_next_start_goes_on(any_bench):
    """A starter that was killed there has left a whole folder, and a lock that is free."""
    runs = any_bench.sandbox._long_runs
    os.close(runs._lay_out("a run", an_order("print('begun')")))

    await any_bench.sandbox.start("a run", an_order("print('begun')"))

    assert (await any_bench.ended()).state is ENDED
    assert await any_bench.sandbox.log("a run") == b"begun\n"


async def test_without_its_warden_it_is_lost_and_nothing_of_it_runs_on(bench):
    await bench.sandbox.start("a run", an_order(FORK_TWICE, MARK))
    await until(lambda: living(MARK))
    os.kill(await bench.owned(), signal.SIGKILL)

    look = await bench.ended()

    assert (look.state, look.code) == (LOST, -9)
    assert look.note.startswith("nothing of it runs, and nobody saw its end")
    await until(lambda: not living(MARK))
    await bench.sandbox.start("a run", an_order(SLEEP))
    assert (await bench.sandbox.look("a run")).state is LOST


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_warden_that_is_told_to_stop_tells_that_it_was_no_fault(bench, number):
    await bench.sandbox.start("a run", an_order(FORK_TWICE, MARK))
    await until(lambda: living(MARK))
    os.kill(await bench.owned(), number)

    look = await bench.ended()

    assert (look.state, look.code) == (INTERRUPTED, -9)
    assert look.note.startswith(f"ended by {number.name} from outside")
    assert living(MARK) == []


async def test_a_process_that_is_told_to_stop_was_interrupted(bench):
    await bench.sandbox.start("a run", an_order(SLEEP, MARK))
    await bench.says(b"begun")
    for pid in living(MARK):
        with contextlib.suppress(ProcessLookupError):  # it may have ended with the one before
            os.kill(pid, signal.SIGTERM)

    look = await bench.ended()

    assert (look.state, look.code) == (INTERRUPTED, -15)


async def test_when_all_are_told_to_stop_whatever_the_process_makes_of_it_is_no_fault(bench):
    """As a service manager does it: to every process of the container, one after the other."""
    deaf = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(1)); " + SLEEP
    await bench.sandbox.start("a run", an_order(deaf, MARK))
    await bench.says(b"begun")
    pids = living(MARK)
    for pid in (*reversed(pids), await bench.owned()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    assert (await bench.ended()).state is INTERRUPTED


async def test_a_crash_is_its_own_end(bench):
    look = await bench.run(an_order("import os; os.kill(os.getpid(), 11)"))

    assert (look.state, look.code, look.note) == (ENDED, -11, "")


async def test_a_program_that_is_not_there_is_told(bench):
    look = await bench.run(an_order(argv=("no_such_program",)))

    assert (look.state, look.code != 0) == (ENDED, True)
    assert b"no_such_program" in await bench.sandbox.log("a run")


async def test_what_stays_behind_is_ended_with_it(bench):
    look = await bench.run(an_order(attacks.STAY_BEHIND, MARK))

    assert (look.state, look.code) == (ENDED, 0)
    assert living(MARK) == []


@pytest.mark.parametrize("ends", ["pass", "os.kill(os.getppid(), 9); time.sleep(60)"])
async def test_code_without_walls_cannot_make_its_run_unknown(any_bench, ends):
    """It may write in its own folder, and end the warden; what became of it is told all the same."""
    code = "import os, pathlib, time; above = pathlib.Path.home().parents[1]; "
    look = await any_bench.run(an_order(f"{code}(above / 'about.json').unlink(); {ends}"))

    assert look.state is (ENDED if ends == "pass" else LOST)
    assert "what was kept about it cannot be read" in look.note
    await any_bench.sandbox.forget("a run")
    assert any_bench.folders == []


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:12])
async def test_any_key_is_a_key(any_bench, key):
    look = await any_bench.run(an_order("print('fine')"), key)

    assert look.state is ENDED
    assert [folder.parent for folder in any_bench.folders] == [any_bench.home / "long_runs"]
    assert sorted(any_bench.home.iterdir()) == [any_bench.home / "long_runs"]
    await any_bench.sandbox.forget(key)
    assert any_bench.folders == []


async def test_what_is_forgotten_is_gone_and_its_key_is_free(bench):
    await bench.sandbox.start("a run", an_order(SLEEP, MARK))
    await until(lambda: living(MARK))

    await bench.sandbox.forget("a run")

    assert (living(MARK), bench.folders) == ([], [])
    with pytest.raises(UnknownNameError, match="There is no long run called 'a run'"):
        await bench.sandbox.look("a run")
    await bench.run(an_order("print('anew')"))
    assert await bench.sandbox.log("a run") == b"anew\n"


async def test_what_was_never_started_is_unknown_and_easily_ended(any_bench):
    for asked in (any_bench.sandbox.look, any_bench.sandbox.log):
        with pytest.raises(UnknownNameError):
            await asked("never")
    await any_bench.sandbox.end("never")
    await any_bench.sandbox.forget("never")


@pytest.mark.parametrize("path", NO_PLACES, ids=ascii)
async def test_a_place_that_is_not_there_is_refused(any_bench, path):
    with pytest.raises(ValueError, match="nothing was started"):
        await any_bench.sandbox.start("a run", an_order(SLEEP, reads=(path,)))

    assert list(any_bench.home.iterdir()) == []


async def test_nobody_else_may_look_into_its_folders_and_its_order_is_nowhere(bench):
    await bench.sandbox.start("a run", an_order(SLEEP, env={"TOKEN": SECRET}))
    await bench.says(b"begun")

    [folder] = bench.folders
    inner = [path for path in (*folder.iterdir(), *folder.glob("work/*")) if path.is_dir()]
    for path in (folder.parent, folder, *inner):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert not any(SECRET in str(p.info["cmdline"]) for p in psutil.process_iter(["cmdline"]))
    await bench.sandbox.end("a run")


async def test_a_home_of_somebody_else_is_refused(any_bench, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (any_bench.home / "long_runs").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PermissionError, match="belongs to somebody else"):
        await any_bench.sandbox.start("a run", an_order(SLEEP))


async def test_only_plain_files_are_results(any_bench):
    code = """
import os, sys
os.chdir(sys.argv[1])
os.symlink("/etc/passwd", "link")
os.mkfifo("pipe")
open("large", "wb").truncate(1 << 40)
"""
    await any_bench.run(an_order(code, OUT, disk_mb=2_000_000))

    results = [
        await any_bench.sandbox.result("a run", name, 10)
        for name in ("link", "pipe", "absent", "../../stdin", "large")
    ]
    assert results == [None, None, None, None, bytes(11)]


async def test_it_gets_none_of_our_variables(bench, monkeypatch):
    monkeypatch.setenv("SLUSS_TEST_SECRET", "do-not-tell")

    await bench.run(an_order("import os; print(*os.environ, *os.listdir('/proc/self/fd'))"))

    said = set((await bench.sandbox.log("a run")).split())
    assert said <= {b"HOME", b"LANG", b"LC_CTYPE", b"PATH", b"PWD", b"TMPDIR", *b"0 1 2 3".split()}
