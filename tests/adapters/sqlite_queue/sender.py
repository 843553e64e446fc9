"""A program that sends without end and prints each id once the queue has taken it.

Started by the kill test: what it printed must be in the file, whenever it is killed.
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from adapters.sqlite_queue.queue import SqliteQueue
from core.ports import Message

SENDERS = 10


async def main(path: Path) -> None:
    queue = SqliteQueue(path, "events")
    numbers = count()
    await asyncio.gather(*(send_on(queue, numbers) for _ in range(SENDERS)))


async def send_on(queue: SqliteQueue, numbers: count) -> None:
    for number in numbers:
        await queue.send(Message(id=f"m-{number}", body=b"x" * 500))
        sys.stdout.write(f"m-{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
