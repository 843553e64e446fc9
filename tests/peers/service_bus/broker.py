"""A Service Bus namespace on loopback: its queues, its clients, and the faults a test wants."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.peers.service_bus.errors import (
    DETACH_FORCED,
    NOT_FOUND,
    UNAUTHORIZED,
    AmqpError,
    Faults,
)
from tests.peers.service_bus.links import Link, Node
from tests.peers.service_bus.management import manage
from tests.peers.service_bus.nodes import QueueEntrance, QueueExit
from tests.peers.service_bus.queue import DEAD_LETTER_SUFFIX, Queue, QueueOptions
from tests.peers.service_bus.requests import Answer, Answers, Request, Requests, Respond
from tests.peers.service_bus.wire import Connection

HOST = "127.0.0.1"
CBS = "$cbs"
MANAGEMENT_SUFFIX = "/$management"
ACCEPTED = 202
# The SDK honours a port of our own, and plain TCP, only towards the "development emulator".
CONNECTION_STRING = (
    "Endpoint=sb://{host}:{port};SharedAccessKeyName=Root;SharedAccessKey=c2VjcmV0"
    ";UseDevelopmentEmulator=true"
)


class Broker:
    """The namespace; its queues keep their messages while clients come and go."""

    def __init__(self, queues: Mapping[str, QueueOptions], *, port: int = 0) -> None:
        self.faults = Faults()
        self.port = port
        self._queues = {name.lower(): Queue(name, options) for name, options in queues.items()}
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._senders: defaultdict[str, list[Link]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._welcome, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        self.drop_connections()
        await asyncio.gather(*self._connections)  # an error of the peer's own fails the test
        await self._server.wait_closed()

    @property
    def connection_string(self) -> str:
        return CONNECTION_STRING.format(host=HOST, port=self.port)

    def queue(self, name: str) -> Queue:
        path = name.lower()
        queue = self._queues.get(path.removesuffix(DEAD_LETTER_SUFFIX))
        if queue is None:
            raise AmqpError(NOT_FOUND, f"The messaging entity '{name}' could not be found.")
        return queue.dead_letters if path.endswith(DEAD_LETTER_SUFFIX) else queue

    def drop_connections(self) -> None:
        """Cut every client off; the SDK opens new connections by itself."""
        for connection in self._connections.values():
            connection.abort()

    def detach_receivers(self, name: str) -> None:
        """Detach by force, as the service does when it moves a queue to another node."""
        error = AmqpError(DETACH_FORCED, "The link is detached by the broker.")
        for consumer in list(self.queue(name).consumers):
            consumer.detach(error)

    def detach_idle(self, name: str) -> None:
        """Detach receivers and senders, as the service does after ten quiet minutes."""
        self.detach_receivers(name)
        for link in self._senders.pop(name, []):
            link.detach(AmqpError(DETACH_FORCED, "The link was idle for ten minutes."))

    def node_for(self, link: Link, connection: Connection) -> Node:
        path = _path(link.address)
        if path == CBS:
            return _endpoint(link, partial(self._put_token, connection))
        if not _is_authorized(path, connection.authorized):
            raise AmqpError(UNAUTHORIZED, f"No token was put for '{path}'.")
        with self.faults.injected("attach"):
            return self._queue_node(path, link)

    def _queue_node(self, path: str, link: Link) -> Node:
        queue = self.queue(path.removesuffix(MANAGEMENT_SUFFIX))
        if path.endswith(MANAGEMENT_SUFFIX):
            return _endpoint(link, partial(self._manage, queue))
        if link.is_receiving:
            return QueueExit(queue, link, self.faults)
        self._senders[path].append(link)
        return QueueEntrance(queue, self.faults)

    def _put_token(self, connection: Connection, request: Request) -> Answer:
        with self.faults.injected("cbs"):
            connection.authorized.add(_path(request.properties["name"]))
            return Answer(ACCEPTED, {}, "Accepted")

    def _manage(self, queue: Queue, request: Request) -> Answer:
        with self.faults.injected("management"):
            return manage(queue, request)

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        task = asyncio.create_task(connection.run())
        self._connections[task] = connection
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        if task.exception() is None:
            del self._connections[task]  # one that failed stays, for the exit to raise


def _endpoint(link: Link, respond: Respond) -> Node:
    return Answers() if link.is_receiving else Requests(link, respond)


def _path(address: str) -> str:
    return (urlsplit(address).path if "://" in address else address).strip("/").lower()


def _is_authorized(path: str, authorized: set[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in authorized)
