"""An MLflow whose answer has no end keeps neither who asked nor the end of the process."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.blocking import answers
from adapters.blocking.timed import TimedThread
from adapters.mlflow import MlflowSettings
from adapters.mlflow.blocking import of_mlflow
from adapters.mlflow.registry import MlflowRegistry
from adapters.mlflow.versions import Versions
from core.errors import InterruptedWorkError, StepFailedError, UnavailableError

ROOT = Path(__file__).parents[3]
Say = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

ENDING = """
import asyncio, threading
from adapters.mlflow.blocking import of_mlflow

begun = threading.Event()

def never(_):
    begun.set()
    threading.Event().wait()

async def main():
    client = of_mlflow(object, threads=1)
    asking = asyncio.create_task(client.ask(never))
    await asyncio.to_thread(begun.wait)
    asking.cancel()
    await client.close()

asyncio.run(main())
print("ended")
"""


@asynccontextmanager
async def _saying(say: Say) -> AsyncIterator[str]:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await say(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _pour(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def _name_one_more_page(writer: asyncio.StreamWriter) -> None:
    body = b'{"registered_models": [], "next_page_token": "again"}'
    writer.write(HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    await writer.drain()


def _threads() -> int:
    return sum(isinstance(thread, TimedThread) for thread in threading.enumerate())


async def _until_no_thread_is_left() -> None:
    async with asyncio.timeout(10):
        while _threads():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("say", [_drip, _name_one_more_page], ids=["drip", "pages"])
async def test_a_call_ends_at_its_limit_and_so_does_its_thread(say: Say):
    async with _saying(say) as url:
        client = of_mlflow(lambda: Versions(MlflowSettings(tracking_uri=url)), threads=1)
        with pytest.raises(
            UnavailableError, match=r"MLflow does not answer|did not come to the end"
        ):
            await client.ask(lambda versions: versions.all_holders(), limit_s=0.5)
        await _until_no_thread_is_left()
        await client.close()


async def test_an_answer_without_end_is_read_up_to_its_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answers, "LONGEST_ANSWER", 1 << 20)
    async with _saying(_pour) as url:
        registry = MlflowRegistry(MlflowSettings(tracking_uri=url))
        with pytest.raises(UnavailableError, match="MLflow does not answer"):
            await registry.all_holders()
        await registry.close()


async def test_pages_without_end_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.mlflow.versions.MOST_PAGES", 3)
    async with _saying(_name_one_more_page) as url:
        registry = MlflowRegistry(MlflowSettings(tracking_uri=url))
        with pytest.raises(StepFailedError, match="after 3 pages it names one more"):
            await registry.all_holders()
        await registry.close()


async def test_calls_that_never_return_take_no_more_threads_than_there_are():
    released = threading.Event()
    client = of_mlflow(object, threads=2)
    for _ in range(4):
        with pytest.raises(UnavailableError, match="did not come to the end"):
            await client.ask(lambda _: released.wait(), limit_s=0.2)
    assert _threads() == 2
    released.set()
    await _until_no_thread_is_left()
    assert await client.ask(lambda _: "well") == "well"
    await client.close()
    with pytest.raises(InterruptedWorkError):
        await client.ask(lambda _: "too late")


def test_the_process_ends_though_a_call_never_returns():
    words = [sys.executable, "-c", ENDING]
    ended = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("ended\n", "", 0)
