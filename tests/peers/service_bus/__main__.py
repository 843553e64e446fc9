"""Run the peer as its own process: ``python -m tests.peers.service_bus --queue events``."""

import argparse
import asyncio
import signal
import sys

from tests.peers.service_bus.broker import Broker
from tests.peers.service_bus.queue import QueueOptions


async def serve(broker: Broker) -> None:
    """Print the connection string and serve until the process is told to end."""
    told_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    async with broker:
        sys.stdout.write(broker.connection_string + "\n")
        sys.stdout.flush()
        await told_to_end.wait()


def parse(arguments: list[str]) -> Broker:
    parser = argparse.ArgumentParser(prog="python -m tests.peers.service_bus")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--queue", action="append", required=True, help="repeat for more queues")
    parser.add_argument("--lock-duration-s", type=float, default=QueueOptions.lock_duration_s)
    parser.add_argument("--max-delivery-count", type=int, default=QueueOptions.max_delivery_count)
    parser.add_argument("--duplicate-window-s", type=float)
    given = parser.parse_args(arguments)
    options = QueueOptions(
        lock_duration_s=given.lock_duration_s,
        max_delivery_count=given.max_delivery_count,
        duplicate_window_s=given.duplicate_window_s,
    )
    return Broker(dict.fromkeys(given.queue, options), port=given.port)


if __name__ == "__main__":
    asyncio.run(serve(parse(sys.argv[1:])))
