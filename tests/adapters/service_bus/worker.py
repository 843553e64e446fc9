"""A program that takes one message, prints its id and holds it until it is killed."""

import asyncio
import sys

from adapters.service_bus.clients import Clients
from adapters.service_bus.queue import ServiceBusQueue


async def main(connection_string: str) -> None:
    queue = ServiceBusQueue(Clients.from_connection_string(connection_string, "events"))
    (received,) = await queue.receive(1, 10)
    sys.stdout.write(f"{received.message.id}\n")
    sys.stdout.flush()
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
