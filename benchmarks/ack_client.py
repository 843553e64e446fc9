"""Sends the deliveries of ``ack.py`` from a process of its own, to take no time of the server.

``python benchmarks/ack_client.py PORT`` reads the hook's secret from its standard input, calls the
bare and the durable handler in turns, and prints figures as JSON. With ``--steadily`` it sends 100
deliveries a second to the durable one until its input is closed.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from aiohttp import ClientSession, TCPConnector, encode_basic_auth

BARE = "/bare"
DURABLE = "/hooks/azure-devops"
USER = "sluss"
CONNECTIONS = 10
ROUNDS = 6
PER_ROUND = 1500
STEADY_PER_S = 100
STEADY_S = 10
BURST = 2000


def push(number: int) -> bytes:
    """Make a push as Azure DevOps sends it, about 3 KB; each number gives a different one."""
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
    """Posts pushes, and measures the seconds until each answer."""

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

    async def steadily(self, path: str, is_over: Callable[[float], bool]) -> dict[str, Any]:
        """Send at a fixed rate; before each push ``is_over`` gets the seconds since the start."""
        start = time.perf_counter()
        posts: list[asyncio.Task[tuple[float, int]]] = []
        while not is_over(time.perf_counter() - start):
            posts.append(asyncio.create_task(self.post(path)))
            due = start + len(posts) / STEADY_PER_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        return figures_of(await asyncio.gather(*posts), time.perf_counter() - start)


async def in_turns(client: Client) -> dict[str, Any]:
    rounds: dict[str, list[dict[str, Any]]] = {BARE: [], DURABLE: []}
    for path in rounds:
        await client.as_fast_as_it_goes(path, PER_ROUND // 3)  # warm-up
    for _ in range(ROUNDS):
        for path, done in rounds.items():
            done.append(await client.as_fast_as_it_goes(path, PER_ROUND))
    steady = await client.steadily(DURABLE, lambda seconds: seconds >= STEADY_S)
    burst = await client.as_fast_as_it_goes(DURABLE, BURST)
    return {"bare": rounds[BARE], "durable": rounds[DURABLE], "steady": steady, "burst": burst}


async def until_closed(client: Client) -> dict[str, Any]:
    closed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    return {"steady": await client.steadily(DURABLE, lambda _: closed.done())}


def figures_of(answers: Sequence[tuple[float, int]], seconds: float) -> dict[str, Any]:
    times = sorted(took for took, _ in answers)
    return {
        "per_s": len(times) / seconds,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "max_ms": times[-1] * 1000,
        "refused": sum(status != 202 for _, status in answers),  # noqa: PLR2004 - accepted
    }


async def call(port: int, *, is_steady: bool) -> None:
    headers = {"Authorization": encode_basic_auth(USER, sys.stdin.readline().strip())}
    connector = TCPConnector(limit=CONNECTIONS)
    address = f"http://127.0.0.1:{port}"
    async with ClientSession(address, connector=connector, headers=headers) as session:
        figures = await (until_closed if is_steady else in_turns)(Client(session))
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--steadily", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(call(arguments.port, is_steady=arguments.steadily))
