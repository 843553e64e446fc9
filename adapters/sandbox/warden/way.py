"""The way: the one address outside that a long run may reach, without sharing a network.

Inside, a small program of ours listens on a port of its own loopback, hands the listening socket
out to the warden, and becomes the program that was asked for. The warden passes each connection on
to that one address.
"""

import asyncio
import contextlib
import os
import socket
import threading

CHANNEL = 3  # the descriptor that the listening socket is handed out on
BLOCK = 64 * 1024
MOST_CONNECTIONS = 128

# It runs without our packages, and leaves nothing open for the program that follows.
OPENER = """
import os, socket, sys
channel, argv = int(sys.argv[1]), sys.argv[2:]
server = socket.create_server(("127.0.0.1", 0), backlog=128)
way = "127.0.0.1:%d" % server.getsockname()[1]
with socket.socket(fileno=channel) as outside:
    socket.send_fds(outside, [b"."], [server.fileno()])
server.close()
argv = [part.replace("{way}", way) for part in argv]
env = {name: value.replace("{way}", way) for name, value in os.environ.items()}
try:
    os.execvpe(argv[0], argv, env)
except OSError as error:
    print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
    sys.exit(127)
"""


def receive(channel: socket.socket) -> socket.socket | None:
    """Return the listening socket; None where the channel was closed without one."""
    _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
    return socket.socket(fileno=descriptors[0]) if descriptors else None


def pass_on(listener: socket.socket, target: str) -> None:
    """Pass on each connection, in a thread, for as long as this process lives.

    ``target`` is ``host:port``, or the path of a Unix socket. While nobody listens there, a
    connection is closed at once; the run may try again, as the target may be restarting.
    """
    threading.Thread(
        target=lambda: asyncio.run(_Relay(target).serve(listener)), daemon=True
    ).start()


class _Relay:
    def __init__(self, target: str) -> None:
        self._target = target
        self._open = 0

    async def serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._connected, sock=listener)
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MOST_CONNECTIONS:
                await self._join(reader, writer)
        except OSError:
            pass  # one side is gone, and with it the connection
        finally:
            self._open -= 1
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._target.startswith("/"):
            back, forth = await _open_socket(self._target)
        else:
            host, _, port = self._target.rpartition(":")
            back, forth = await asyncio.open_connection(host, int(port))
        try:
            await asyncio.gather(_copy(reader, forth), _copy(back, writer))
        finally:
            forth.close()


async def _open_socket(path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect by the folder's descriptor: a path may be longer than the kernel's name for one."""
    folder, _, name = path.rpartition("/")
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{descriptor}/{name}")
    finally:
        os.close(descriptor)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction to its end; the other one may go on."""
    while block := await reader.read(BLOCK):
        writer.write(block)
        await writer.drain()
    with contextlib.suppress(OSError):  # it may be gone already
        writer.write_eof()
