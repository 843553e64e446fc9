"""Measures how long a restart takes until deliveries are taken, with 10,000 events in the ledger.

It prints, three times, the seconds from the start of the process to the first 200 of /health/ready.
A sender of webhooks gives up after some seconds, so a start must not wait for MLflow.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from adapters.sql_store import SqlStore
from core.events.outside import DeliveryIgnored
from core.words import Stream
from sluss.home.prepare import prepare_home

EVENTS = 10_000
BATCH = 500
STREAMS = 20
ROUNDS = 3
PATIENCE_S = 60.0


async def fill(home: Path) -> None:
    store = SqlStore(f"sqlite:///{home}/store.db")
    per_stream = EVENTS // STREAMS
    for stream in range(STREAMS):
        for start in range(0, per_stream, BATCH):
            events = [_event(stream, start + number) for number in range(BATCH)]
            await store.commit(Stream(f"model_{stream}"), start, events, [])
    await store.close()


def _event(stream: int, number: int) -> DeliveryIgnored:
    name = f"event/{stream}/{number}"
    return DeliveryIgnored(
        id=name, time=datetime.now(UTC), delivery=name, what="git.push", reason="a tag"
    )


def ready_after(home: Path, port: int) -> float:
    """Start the server, wait until it says that it is ready, and end it; return the seconds."""
    environ = {**os.environ, "SLUSS_HOME": str(home), "SLUSS_PORT": str(port)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sluss", "up"], env=environ, stdout=subprocess.DEVNULL
    )
    try:
        while not _is_ready(port):
            if time.perf_counter() - started > PATIENCE_S:
                raise TimeoutError("it did not become ready")
            time.sleep(0.01)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def main() -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare_home(home)
        asyncio.run(fill(home))
        print(f"{EVENTS} events in the ledger")
        try:
            for number in range(1, ROUNDS + 1):
                print(f"restart {number}: ready after {ready_after(home, port):.2f} s")
        finally:
            down = [sys.executable, "-m", "sluss", "down", "--home", folder]
            subprocess.run(down, check=False)  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
