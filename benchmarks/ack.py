"""How fast a delivery is acknowledged once it is durable, against a handler that stores nothing.

``python benchmarks/ack.py`` serves both in one process and calls them from another one, in turns,
over 10 connections that stay open: first as fast as they go, then 100 deliveries a second while
the time of each answer is taken, then a burst of 2,000.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector, encode_basic_auth, web
from prometheus_client import CollectorRegistry

sys.path.insert(0, str(Path(__file__).parents[1]))  # it is a program, not a package

from adapters.evidence_folder import EvidenceFolder
from adapters.sqlite_queue import SqliteQueue
from handlers import azure_devops
from handlers.app import ingest
from handlers.credentials import USER, SharedSecret

CONNECTIONS = 10
ROUNDS = 6
PER_ROUND = 1500
STEADY_PER_S = 100
STEADY_S = 10
BURST = 2000
SECRET = "benchmark"  # noqa: S105 - of this run alone


# The server: the bare handler and the durable one, side by side.


def utc_now() -> datetime:
    return datetime.now(UTC)


def bare_handler() -> Any:
    """Reads, checks the credentials and parses, as ours does; stores nothing."""
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


async def serve(folder: Path) -> None:
    queue = SqliteQueue(folder / "events.db", "events")
    async with served(application(queue, folder)) as port:
        client = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--client", str(port), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await client.communicate()
    figures = json.loads(output)
    waiting = await queue.waiting()
    await queue.close()
    report(figures, waiting)


# The client: a process of its own, so that it takes no time from the server's.


def push(number: int) -> bytes:
    """A push as Azure DevOps sends it, about 3 KB; each is another one."""
    commit = f"{number:040x}"
    text = "A person pushed 1 commit to branch main of repository loan_default.\r\n" * 5
    hook = {
        "subscriptionId": "5d0a3f0e-7b21-4d0c-9a51-0f6f3b1c9e11",
        "notificationId": number,
        "id": f"{number:08x}-0000-4000-8000-000000000000",
        "eventType": "git.push",
        "publisherId": "tfs",
        "message": {"text": text, "html": text, "markdown": text},
        "detailedMessage": {"text": text, "html": text, "markdown": text},
        "resource": {
            "commits": [{"commitId": commit, "comment": "Mend the reader", "author": {}}],
            "refUpdates": [
                {"name": "refs/heads/main", "oldObjectId": "a" * 40, "newObjectId": commit}
            ],
            "repository": {"id": "2f3d611a-f012-4b39-b157-8db63f380226", "name": "loan_default"},
            "pushedBy": {"id": "p-1", "displayName": "Anna", "uniqueName": "anna@example.org"},
            "pushId": number,
            "date": "2026-02-03T10:11:12.1234567Z",
        },
        "resourceVersion": "1.0",
    }
    return json.dumps(hook).encode()


class Client:
    """Posts pushes and keeps how long each answer took, and its status."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self._numbers = count(1)

    async def post(self, path: str) -> tuple[float, int]:
        body = push(next(self._numbers))
        start = time.perf_counter()
        async with self._session.post(path, data=body) as answer:
            await answer.read()
        return time.perf_counter() - start, answer.status

    async def as_fast_as_it_goes(self, path: str, total: int) -> dict[str, Any]:
        left = iter(range(total))
        answers: list[tuple[float, int]] = []

        async def keep_posting() -> None:
            for _ in left:
                answers.append(await self.post(path))  # noqa: PERF401 - it counts while it goes

        start = time.perf_counter()
        await asyncio.gather(*(keep_posting() for _ in range(CONNECTIONS)))
        return figures_of(answers, time.perf_counter() - start)

    async def steadily(self, path: str) -> dict[str, Any]:
        start = time.perf_counter()
        posts = []
        for number in range(STEADY_PER_S * STEADY_S):
            await asyncio.sleep(max(0.0, start + number / STEADY_PER_S - time.perf_counter()))
            posts.append(asyncio.create_task(self.post(path)))
        return figures_of(await asyncio.gather(*posts), time.perf_counter() - start)


async def call(port: int) -> None:
    rounds: dict[str, list[dict[str, Any]]] = {"/bare": [], "/hooks/azure-devops": []}
    connector = TCPConnector(limit=CONNECTIONS)
    headers = {"Authorization": encode_basic_auth(USER, SECRET)}
    address = f"http://127.0.0.1:{port}"
    async with ClientSession(address, connector=connector, headers=headers) as session:
        client = Client(session)
        for path in rounds:
            await client.as_fast_as_it_goes(path, PER_ROUND // 3)  # warm-up
        for _ in range(ROUNDS):
            for path, done in rounds.items():
                done.append(await client.as_fast_as_it_goes(path, PER_ROUND))
        steady = await client.steadily("/hooks/azure-devops")
        burst = await client.as_fast_as_it_goes("/hooks/azure-devops", BURST)
    bare, durable = rounds.values()
    sys.stdout.write(
        json.dumps({"bare": bare, "durable": durable, "steady": steady, "burst": burst})
    )


def figures_of(answers: Sequence[tuple[float, int]], seconds: float) -> dict[str, Any]:
    times = sorted(took for took, _ in answers)
    return {
        "per_s": len(times) / seconds,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "max_ms": times[-1] * 1000,
        "refused": sum(status != 202 for _, status in answers),  # noqa: PLR2004 - accepted
    }


# The report.


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
    parser.add_argument("--folder", type=Path, help="where the queue's file lies (a new folder)")
    parser.add_argument("--client", type=int, metavar="PORT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        asyncio.run(call(arguments.client))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        asyncio.run(serve(Path(folder)))


if __name__ == "__main__":
    main()
