"""Measures how fast a delivery is acknowledged, against a handler that stores nothing.

``python benchmarks/ack.py`` serves both in one process and calls them in turns from another one,
over 10 connections that stay open: first as fast as they go, then 100 deliveries a second while
each answer is timed, then a burst of 2,000.

``--story`` measures instead how the whole of Sluss answers 100 deliveries a second while it tells
the story of ``sluss demo --script`` in the same process; that takes some minutes.
"""

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import unused_port
from prometheus_client import CollectorRegistry
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))  # This file is a program, not part of a package.

from ack_client import BURST, PER_ROUND, ROUNDS, STEADY_PER_S, STEADY_S

from adapters.local_files.evidence import EvidenceFolder
from adapters.sqlite_queue.queue import SqliteQueue
from handlers import azure_devops
from handlers.app import ingest
from handlers.credentials import SharedSecret
from sluss.demo.script import Story
from sluss.home.prepare import prepare_home
from sluss.home.settings import HOOK_SECRET, apart_from_environment
from sluss.wiring.lock import one_process
from sluss.wiring.server import Server

CLIENT = Path(__file__).with_name("ack_client.py")
SECRET = "benchmark"  # noqa: S105 - of this run alone


def utc_now() -> datetime:
    return datetime.now(UTC)


def bare_handler() -> Any:
    """Read a request, check its credentials and parse it, as our handler does; store nothing."""
    credentials = SharedSecret([SECRET])

    async def receive(request: web.Request) -> web.Response:
        now = utc_now()
        credentials.check_headers(request.headers, now)
        azure_devops.source.read(request.headers, await request.read(), now)
        return web.Response(status=202)

    return receive


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def application(queue: SqliteQueue, folder: Path) -> web.Application:
    app = web.Application()
    app.router.add_post("/bare", bare_handler())
    hooks = ingest(
        queue,
        EvidenceFolder(folder / "evidence"),
        {azure_devops.source: SharedSecret([SECRET])},
        clock=utc_now,
        metrics=CollectorRegistry(),
    )
    app.add_subapp("/hooks/", hooks)
    return app


async def in_turns(folder: Path) -> None:
    queue = SqliteQueue(folder / "events.db", "events")
    async with served(application(queue, folder)) as port:
        client = await started(port, SECRET)
        figures = await figures_of(client)
    waiting = await queue.waiting()
    await queue.close()
    report(figures, waiting)


async def during_a_story(folder: Path) -> None:
    """Send deliveries during the story; their repository is unknown, so each is only ignored."""
    logging.getLogger("microsoft_agents").setLevel(logging.ERROR)  # it warns of local mode
    home = folder / "home"
    prepare_home(home)
    settings = apart_from_environment(home, port=unused_port())
    with one_process(home):
        async with Server(settings, is_passing=True) as server:
            story = Story(settings, server, folder, Console())
            client = await started(
                settings.port, settings.secrets.secret(HOOK_SECRET), "--steadily"
            )
            try:
                await server.until(story.tell())
            finally:
                steady = (await figures_of(client))["steady"]
                print("steady during a story", line(steady), f"at {STEADY_PER_S} deliveries/s")


async def started(port: int, secret: str, *options: str) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(CLIENT), str(port), *options, stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    process.stdin.write(f"{secret}\n".encode())
    await process.stdin.drain()
    return process


async def figures_of(client: Process) -> dict[str, Any]:
    """Return a client's figures; closing its input ends a client that sends steadily."""
    output, _ = await client.communicate(b"")
    figures: dict[str, Any] = json.loads(output)
    return figures


def report(figures: dict[str, Any], waiting: int) -> None:
    for name in ("bare", "durable"):
        print(name.ljust(8), line({key: median(figures[name], key) for key in figures[name][0]}))
    print("steady  ", line(figures["steady"]), f"at {STEADY_PER_S} deliveries/s")
    print("burst   ", line(figures["burst"]), f"of {BURST}")
    sent = PER_ROUND // 3 + ROUNDS * PER_ROUND + STEADY_PER_S * STEADY_S + BURST
    print(f"in the queue: {waiting} of {sent} deliveries")
    ratios = [
        durable["per_s"] / bare["per_s"]
        for bare, durable in zip(figures["bare"], figures["durable"], strict=True)
    ]
    print("ratio of each round:", " ".join(f"{ratio:.2f}" for ratio in ratios))
    print(f"ratio durable/bare: {statistics.median(ratios):.2f}")


def median(rounds: list[dict[str, Any]], key: str) -> float:
    return float(statistics.median(each[key] for each in rounds))


def line(of: dict[str, Any]) -> str:
    times = f"p50 {of['p50_ms']:.1f} ms p99 {of['p99_ms']:.1f} ms max {of['max_ms']:.1f} ms"
    return f"{of['per_s']:6.0f} req/s {times} not accepted {of['refused']:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the files lie (a new folder in it)")
    parser.add_argument("--story", action="store_true", help="while a story runs")
    arguments = parser.parse_args()
    measure = during_a_story if arguments.story else in_turns
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
