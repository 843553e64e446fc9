"""What the tests of long runs share: an order in few words, waiting, and a process that starts one."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from core.gate.tools import PYTHON
from core.ports.sandbox import LongOrder, LongState
from tests.adapters.sandbox.looking import until

MARK = f"sluss-long-run-{os.getpid()}"  # tests may run in several processes
SLEEP = "import time; print('begun', flush=True); time.sleep(60)"
# It goes on at a word of the test, instead of after so much time: the test gives one by ``go``.
WAIT = """
import os, sys, time
def wait(word="on"):
    while not os.path.exists(f"{sys.argv[1]}/{word}"):
        time.sleep(0.005)
"""
STARTER = """
import asyncio, pathlib, sys, time
import msgspec
from adapters.sandbox import probe
from core.gate.tools import Level
from core.ports.sandbox import LongOrder

level, home, key, order = sys.argv[1:]
order = msgspec.msgpack.decode(bytes.fromhex(order), type=LongOrder)

async def main():
    sandbox = await probe(Level(level), home=pathlib.Path(home))
    print("ready", flush=True)
    sys.stdin.readline()
    await sandbox.start(key, order)
    print("started", flush=True)

asyncio.run(main())
time.sleep(60)
"""


def an_order(code="", *arguments, **about):
    argv = about.pop("argv", (PYTHON, "-I", "-S", "-u", "-c", code, *arguments))
    usual = {"seconds": 30.0, "memory_mb": 160, "disk_mb": 48, "processes": 24, "threads": 100}
    return LongOrder(argv=argv, **{**usual, "log_mb": 1, "gives_way": False, **about})


class LongBench:
    """One sandbox with its home, and what a test does with it again and again."""

    def __init__(self, sandbox, home):
        self.sandbox = sandbox
        self.home = home
        self.level = sandbox.level

    @property
    def folders(self):
        return sorted((self.home / "long_runs").iterdir())

    async def run(self, order, key="a run"):
        """How it ended."""
        await self.sandbox.start(key, order)
        return await self.ended(key)

    async def ended(self, key="a run"):
        async with asyncio.timeout(40):
            while (look := await self.sandbox.look(key)).state is LongState.RUNNING:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return look

    async def says(self, words, key="a run"):
        async with asyncio.timeout(40):
            while words not in (said := await self.sandbox.log(key)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return said

    async def go(self, word="on", key="a run"):
        """What waits for that word, and has OUT as its first argument, goes on."""
        _put(word, await self.sandbox.look(key))

    async def starter(self, order, key="a run"):
        """Another process, which is ready to start it, and does when it gets a line."""
        told = msgspec.msgpack.encode(order).hex()
        words = ("-c", STARTER, self.level, str(self.home), key, told)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdin=pipe, stdout=pipe
        )
        assert await process.stdout.readline() == b"ready\n"
        return process

    def warden(self):
        """The process that watches the one run that there is."""
        [folder] = self.folders
        return int((folder / "owner").read_text().split()[0])

    async def owned(self):
        await until(lambda: any((folder / "owner").exists() for folder in self.folders))
        return self.warden()


def _put(word, look):
    Path(look.out, str(word)).touch()


async def say(process, line=b"go\n"):
    process.stdin.write(line)
    await process.stdin.drain()
    return await process.stdout.readline()


async def finish(process):
    process.kill()
    await process.wait()
    process.stdin.close()
