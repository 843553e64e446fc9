"""What a long run may see, write and reach: behind walls nothing but what its order names."""

import asyncio
import sys

import pytest

from core.gate.tools import OUT, REPO, TOOL
from core.ports.sandbox import WAY, LongState
from tests.adapters.sandbox import attacks
from tests.adapters.sandbox.long_running import an_order

WRITE = """
import os, sys, tempfile
for place in (*sys.argv[1:], os.path.expanduser("~"), tempfile.gettempdir()):
    try:
        open(f"{place}/planted", "w").write("x")
        print("wrote", place)
    except OSError as error:
        print("no", place)
"""
TALK = """
import os, socket
host, port = os.environ["PROXY"].split(":")
print(host)
for _ in range(3):
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"hello")
        line.shutdown(socket.SHUT_WR)
        print(line.makefile().read())
"""
TRY_AGAIN = """
import os, socket, time
host, port = os.environ["PROXY"].split(":")
answer = b""
while not answer:
    with socket.create_connection((host, int(port)), timeout=10) as line:
        print("called")
        try:
            line.sendall(b"hello")
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(100)
        except OSError:
            pass
    time.sleep(0.1)
print(answer)
"""


async def answer(reader, writer):
    writer.write(b"you said " + await reader.read())
    writer.close()


async def test_it_writes_to_its_out_folder_and_to_what_goes_with_it(walled_bench, tmp_path):
    (tmp_path / "data").mkdir()
    home = str(walled_bench.home)
    places = (
        OUT,
        REPO,
        TOOL,
        str(tmp_path / "data"),
        sys.prefix,
        home,
        "/",
        "/etc",
        "/usr",
        "/dev",
    )

    await walled_bench.run(an_order(WRITE, *places, reads=(str(tmp_path / "data"),)))

    said = (await walled_bench.sandbox.log("a run")).decode().splitlines()
    assert [line for line in said if line.startswith("wrote")] == [
        "wrote /out",
        "wrote /home",
        "wrote /tmp",
    ]
    assert len(said) == len(places) + 2
    assert list((tmp_path / "data").iterdir()) == []


async def test_it_reads_what_its_order_names_and_no_more(walled_bench, tmp_path):
    for name in ("data.csv", "secret.csv"):
        (tmp_path / name).write_text(f"the text of {name}")
    (tmp_path / "link.csv").symlink_to(tmp_path / "data.csv")
    reads = (str(tmp_path / "data.csv"), str(tmp_path / "link.csv"))

    await walled_bench.run(
        an_order(attacks.READ_THE_HOST, *reads, str(tmp_path / "secret.csv"), reads=reads)
    )

    said = await walled_bench.sandbox.log("a run")
    assert said.count(b"the text of data.csv") == 2
    assert b"the text of secret.csv" not in said
    assert b"root:" not in said


async def test_an_environment_is_seen_and_cannot_be_changed(walled_bench):
    code = "import sys; print(sys.prefix); open(f'{sys.prefix}/planted', 'w')"
    argv = ("{model_python}", "-I", "-c", code)

    look = await walled_bench.run(an_order(argv=argv, model_python=sys.executable))

    said = await walled_bench.sandbox.log("a run")
    assert f"{sys.prefix}\n".encode() in said
    assert b"Read-only file system" in said
    assert (look.state, look.code) == (LongState.ENDED, 1)


@pytest.mark.parametrize("has_way", [False, True])
async def test_the_network_is_closed(walled_bench, has_way):
    heard = []

    async def listen(reader, writer):
        heard.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        way = "127.0.0.1:9" if has_way else ""
        await walled_bench.run(an_order(attacks.CALL_OUT, str(port), way=way))

    assert (await walled_bench.sandbox.log("a run")).startswith(b"no way:")
    assert heard == []


async def test_the_one_way_leads_to_an_address(bench):
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        way = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        look = await bench.run(an_order(TALK, env={"PROXY": WAY}, way=way))

    assert look.state is LongState.ENDED
    assert await bench.sandbox.log("a run") == b"127.0.0.1\n" + b"you said hello\n" * 3


async def test_the_way_is_open_again_when_another_process_stands_behind_it(bench):
    """The path of a Unix socket stays the same, where a port may be taken by then."""
    path = f"{bench.home}/way"
    order = an_order(TRY_AGAIN, env={"PROXY": WAY}, way=path)
    await bench.sandbox.start("a run", order)
    await bench.says(b"called\ncalled")

    async with await asyncio.start_unix_server(answer, path):
        look = await bench.ended()

    assert look.code == 0
    assert (await bench.sandbox.log("a run")).endswith(b"b'you said hello'\n")


async def test_a_way_is_given_in_the_command_too(bench):
    look = await bench.run(an_order("import sys; print(sys.argv[1])", WAY, way="127.0.0.1:9"))

    assert look.code == 0
    assert (await bench.sandbox.log("a run")).startswith(b"127.0.0.1:")


async def test_with_a_way_a_program_that_is_not_there_is_told(bench):
    look = await bench.run(an_order(argv=("no_such_program",), way="127.0.0.1:9"))

    assert look.code == 127
    assert await bench.sandbox.log("a run") == b"no_such_program: No such file or directory\n"


async def test_behind_walls_it_sees_no_other_process(walled_bench):
    await walled_bench.run(an_order(attacks.SEE_PROCESSES))

    assert len((await walled_bench.sandbox.log("a run")).split()) <= 3


async def test_calls_that_no_run_needs_are_refused(bench):
    await bench.run(an_order(attacks.CALL_THE_KERNEL))

    assert (await bench.sandbox.log("a run")).split() == [b"-1"] * 4


async def test_its_own_folder_is_out_of_its_sight(walled_bench):
    code = "import os, sys; print(os.path.exists(sys.argv[1]), *sorted(os.listdir('/')))"
    await walled_bench.run(an_order(code, str(walled_bench.home / "long_runs")))

    said = (await walled_bench.sandbox.log("a run")).decode().split()
    assert said[0] == "False"
    assert {"out", "repo", "tool", "home", "tmp"} <= set(said)
