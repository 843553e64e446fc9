"""The peer runs as a process of its own and outlives its clients."""

import asyncio
import sys
from pathlib import Path

from tests.peers.service_bus.clients import ends_of, message, receive_one

ROOT = Path(__file__).parents[3]
KILLED_CLIENT = """
import asyncio, sys
from azure.servicebus.aio import ServiceBusClient

async def hold():
    async with ServiceBusClient.from_connection_string(sys.argv[1]) as client:
        async with client.get_queue_receiver("events") as receiver:
            await receiver.receive_messages(1, max_wait_time=10)
            print("held", flush=True)
            await asyncio.sleep(60)

asyncio.run(hold())
"""


async def test_the_process_outlives_a_killed_client():
    peer = await start("-m", "tests.peers.service_bus", "--queue", "events", "--lock-duration-s=1")
    connection_string = (await peer.stdout.readline()).decode().strip()
    async with ends_of(connection_string, "events") as events:
        await events.sender.send_messages(message())
        client = await start("-c", KILLED_CLIENT, connection_string)
        assert await client.stdout.readline() == b"held\n"
        client.kill()
        await client.wait()
        received = await receive_one(events.receiver)
        assert received.delivery_count == 1
        await events.receiver.complete_message(received)
    peer.terminate()
    assert await peer.wait() == 0


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
