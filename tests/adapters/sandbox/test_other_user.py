"""Where we are root, code behind our own walls is another user of this machine, who owns nothing."""

import os

import psutil
import pytest

from core.gate.tools import OUT, Level
from tests.adapters.sandbox.long_running import an_order

SAY = """
import os, sys, time
open(f"{sys.argv[1]}/mine", "w").write(open("given.txt").read())
print(os.getuid(), os.getgid(), os.getgroups(), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_it_is_another_user_outside(walled_bench):
    if walled_bench.level is not Level.NAMESPACES:
        pytest.skip("bubblewrap knows one user")
    await walled_bench.sandbox.start("a run", an_order(SAY, OUT, files={"given.txt": b"given"}))
    said = await walled_bench.says(b"\n")

    watched = psutil.Process(walled_bench.warden()).children(recursive=True)
    users = {process.uids().real for process in watched if process.status() != "zombie"}
    assert said == b"1000 1000 []\n"
    assert len(users - {0}) == 1
    assert await walled_bench.sandbox.result("a run", "mine", 100) == b"given"
    await walled_bench.sandbox.end("a run")
    assert not any(process.is_running() for process in watched)
