"""A command runs on a fresh copy of the files, and what it says and writes comes back."""

import asyncio
import sys

import psutil
import pytest

from core.gate.tools import BIN, CACHE, OUT, PYTHON, REPO, TOOL, Stopped
from core.ports.sandbox import Places
from tests.adapters.sandbox.looking import folders, living, until
from tests.model_repos import FILES, a_repo

CANCELLED = "sluss-cancelled-mark"
LIST_FILES = """
import os
for folder, _, names in os.walk("."):
    for name in names:
        print(os.path.relpath(os.path.join(folder, name)))
"""


async def test_the_files_are_there_and_are_the_working_folder(machine):
    output = await machine.run(LIST_FILES)

    assert sorted(output.stdout.decode().split()) == sorted(FILES)


async def test_every_run_has_a_fresh_copy(machine):
    await machine.run("open('README.md', 'w').write('changed'); open('new', 'w')")
    output = await machine.run("import os; print(open('README.md').read(), os.path.exists('new'))")

    assert output.stdout == FILES["README.md"].encode() + b" False\n"


async def test_what_it_says_and_its_code_come_back(machine):
    code = "import sys; print(sys.stdin.read()); sys.stderr.write('oh'); sys.exit(3)"

    output = await machine.run(code, stdin=b"from outside")

    assert (output.stdout, output.stderr, output.code) == (b"from outside\n", b"oh", 3)
    assert (output.stopped, output.notes, output.level) == (Stopped.NO, (), machine.level)


async def test_a_signal_is_a_negative_code(machine):
    output = await machine.run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")

    assert output.code == -11


async def test_a_program_that_is_not_there_is_told(machine):
    output = await machine.run(argv=("no_such_program",))

    assert output.code != 0
    assert b"no_such_program" in output.stderr


async def test_results_are_read_back_where_they_are(machine):
    code = "import sys; open(f'{sys.argv[1]}/report', 'wb').write(b'fine')"

    output = await machine.run(code, OUT, collects=("report", "absent"))

    assert output.files == {"report": b"fine"}


async def test_our_own_files_cannot_be_changed_behind_walls(walled):
    code = "import sys; print(open(sys.argv[1]).read()); open(sys.argv[1], 'w')"

    output = await walled.run(code, f"{TOOL}/rules/own.toml", files={"rules/own.toml": b"rule"})

    assert output.stdout == b"rule\n"
    assert b"Read-only file system" in output.stderr


async def test_words_in_braces_are_filled_in_everywhere(machine):
    code = "import os; print(os.environ['WHERE'] == os.getcwd())"

    output = await machine.run(code, env={"WHERE": REPO})

    assert output.stdout == b"True\n"


@pytest.mark.parametrize(
    "argv",
    [(PYTHON, "-I", "-m", "ruff", "--version"), (f"{BIN}/ruff", "--version"),
     (PYTHON, "-I", "-c", "import workers.gate.said; print('ruff')")],
    ids=["module", "program", "our code"],
)  # fmt: skip
async def test_our_tools_and_our_code_are_at_hand(machine, argv):
    output = await machine.run(argv=argv)

    assert (output.code, output.stdout[:4]) == (0, b"ruff")


async def test_a_cache_is_kept_from_run_to_run(machine, tmp_path):
    code = "import sys; open(f'{sys.argv[1]}/kept', 'a').write('x')"
    places = Places(cache=str(tmp_path))

    for _ in range(2):
        await machine.run(code, CACHE, places=places, runs_code=False)

    assert (tmp_path / "kept").read_text() == "xx"


async def test_code_of_a_repository_gets_no_cache(machine, tmp_path):
    output = await machine.run(
        "import sys; print(sys.argv)", CACHE, places=Places(cache=str(tmp_path))
    )

    assert output.stdout == b"['-c', '']\n"


async def test_a_model_environment_and_its_test_tools_can_be_used(machine, tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a_test_tool.py").write_text("NAME = 'a tool'")
    places = Places(model_python=sys.executable, test_tools=str(tmp_path / "tools"))
    code = "import sys; sys.path.append(sys.argv[1]); import a_test_tool; print(a_test_tool.NAME)"
    argv = ("{model_python}", "-I", "-S", "-c", code, "{test_tools}")

    output = await machine.run(argv=argv, places=places)

    assert (output.stdout, output.stderr) == (b"a tool\n", b"")


async def test_the_certificates_of_a_bank_are_seen_where_there_is_a_network(machine, tmp_path):
    (tmp_path / "ca.pem").write_text("a certificate")
    about = {
        "env": {"SSL_CERT_FILE": str(tmp_path / "ca.pem")},
        "places": Places(cache=str(tmp_path)),
    }
    code = "import os; print(open(os.environ['SSL_CERT_FILE']).read())"

    output = await machine.run(code, has_network=True, runs_code=False, **about)

    assert (output.stdout, output.stderr) == (b"a certificate\n", b"")


async def test_it_knows_who_and_where_it_is(walled):
    code = "import getpass, os; print(getpass.getuser(), os.path.expanduser('~'))"

    output = await walled.run(code)

    assert output.stdout == b"sandbox /home\n"


async def test_servers_of_its_own_can_be_reached(machine):
    code = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5)
print("connected")
"""

    output = await machine.run(code)

    assert output.stdout == b"connected\n"


async def test_names_that_lead_elsewhere_are_left_out_and_noted(machine):
    repo = a_repo({"../escaped": "x", "/escaped": "x", "a//b": "x", "README.md/x": "x"})

    output = await machine.run(LIST_FILES, repo=repo)

    assert sorted(output.stdout.decode().split()) == sorted(FILES)
    [note] = output.notes
    assert note.startswith("left out, as their names cannot be used: 4 files")


async def test_links_of_a_repository_are_not_made(machine):
    output = await machine.run(LIST_FILES, repo=a_repo(links={"out": "/etc/passwd"}))

    assert sorted(output.stdout.decode().split()) == sorted(FILES)


async def test_cancelling_ends_every_process_and_removes_the_folder(machine):
    run = asyncio.create_task(machine.run("import time; time.sleep(60)", CANCELLED))
    await until(lambda: living(CANCELLED))

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert living(CANCELLED) == []
    assert folders() == []


async def test_cancelling_at_any_time_leaves_nothing(machine):
    for wait_s in (0, 0.001, 0.01, 0.03, 0.1):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(wait_s):
                await machine.run("import time; time.sleep(60)", CANCELLED)

    assert living(CANCELLED) == []
    assert folders() == []


async def test_many_run_side_by_side(machine):
    runs = (machine.run("import sys; print(sys.argv[1])", str(number)) for number in range(6))

    outputs = await asyncio.gather(*runs)

    assert [output.stdout for output in outputs] == [b"%d\n" % number for number in range(6)]


async def test_nothing_of_the_worker_is_open_in_it(machine):
    output = await machine.run("import os; print(*os.listdir('/proc/self/fd'))")

    assert set(output.stdout.split()) <= {b"0", b"1", b"2", b"3"}  # 3 reads the list


def test_this_process_has_no_child_left():
    assert [
        child for child in psutil.Process().children() if "warden" in str(child.cmdline())
    ] == []
