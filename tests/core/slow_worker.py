"""A consumer as a process of its own, whose work takes a second and writes down what it does."""

import asyncio
import sys
from pathlib import Path

from adapters.sqlite_queue.queue import SqliteQueue
from core.consumer import Consumer
from core.ports import Message


async def main(path: Path, diary: Path, name: str, lock_s: float) -> None:
    def say(what: str) -> None:
        with diary.open("a") as file:
            file.write(f"{name} {what}\n")

    async def work(_message: Message) -> None:
        try:
            for _ in range(20):
                say("works")
                await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            say("cancelled")
            raise
        say("done")

    async def bury(_message: Message, reason: str) -> None:
        say(f"buried: {reason}")

    queue = SqliteQueue(path, "jobs", lock_s=lock_s)
    await Consumer(queue, work, bury, name="jobs").run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])))
