"""One connection of a client: SASL, then the AMQP connection and its sessions."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from tests.peers.service_bus.amqp_session import Session
from tests.peers.service_bus.codec import Array, Symbol
from tests.peers.service_bus.errors import MalformedError
from tests.peers.service_bus.frames import (
    MAX_FRAME_BYTES,
    Frame,
    Performative,
    encode_frame,
    read_frame,
)
from tests.peers.service_bus.links import Link, Node

SASL_HEADER = b"AMQP\x03\x01\x00\x00"
AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
MECHANISMS = ("MSSBCBS", "ANONYMOUS", "PLAIN")
SASL_OK = 0
CHANNEL_MAX = 4999


class Nodes(Protocol):
    """Finds what a link wants to be attached to."""

    def node_for(self, link: Link, connection: "Connection") -> Node: ...


class Connection:
    """Runs until the client closes, vanishes, or talks nonsense."""

    def __init__(
        self, nodes: Nodes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.peer_max_frame_bytes = 512  # the least that AMQP allows, until the client opens
        self.authorized: set[str] = set()  # the paths that a token was put for
        self._nodes = nodes
        self._reader = reader
        self._writer = writer
        self._sessions: dict[int, Session] = {}
        self._handlers: dict[Performative, Callable[[Frame], None]] = {
            Performative.OPEN: self._on_open,
            Performative.BEGIN: self._on_begin,
            Performative.END: self._on_end,
        }

    async def run(self) -> None:
        try:
            await self._sasl()
            await self._serve()
        except (asyncio.IncompleteReadError, ConnectionError, MalformedError):
            pass  # a client that was killed goes like this, at any byte
        finally:
            self._close_sessions()
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    def abort(self) -> None:
        """Drop the connection without a word, as a failing network does."""
        self._close_sessions()  # at once: nothing may be handed to a client that is gone
        self._writer.transport.abort()

    def send(self, frame: Frame) -> None:
        if not self._writer.is_closing():
            self._writer.write(encode_frame(frame))

    def node_for(self, link: Link) -> Node:
        return self._nodes.node_for(link, self)

    async def _sasl(self) -> None:
        """Welcome everybody: who may do what is for the token to say."""
        await self._expect(SASL_HEADER)
        self.send(_mechanisms())
        await read_frame(self._reader)
        self.send(Frame(0, Performative.SASL_OUTCOME, {"code": SASL_OK}))

    async def _expect(self, header: bytes) -> None:
        given = await self._reader.readexactly(len(header))
        self._writer.write(header)  # AMQP: the answer to a wrong header is the right one
        if given != header:
            raise MalformedError(f"{given!r} in place of {header!r}")

    async def _serve(self) -> None:
        await self._expect(AMQP_HEADER)
        while True:
            frame = await read_frame(self._reader)
            if frame is None:
                continue
            if frame.performative is Performative.CLOSE:
                self.send(Frame(0, Performative.CLOSE, {}))
                return
            self._receive(frame)
            await self._writer.drain()

    def _receive(self, frame: Frame) -> None:
        handle = self._handlers.get(frame.performative)
        if handle is not None:
            handle(frame)
            return
        session = self._sessions.get(frame.channel)
        if session is None:
            raise MalformedError(f"no session on channel {frame.channel}")
        session.receive(frame)

    def _on_open(self, frame: Frame) -> None:
        self.peer_max_frame_bytes = min(
            frame.fields["max_frame_size"] or MAX_FRAME_BYTES, MAX_FRAME_BYTES
        )
        opened = {
            "container_id": "service-bus-peer",
            "max_frame_size": MAX_FRAME_BYTES,
            "channel_max": CHANNEL_MAX,
        }
        self.send(Frame(0, Performative.OPEN, opened))

    def _on_begin(self, frame: Frame) -> None:
        session = Session(self, frame.channel, frame.fields)
        self._sessions[frame.channel] = session
        session.send_begin()

    def _on_end(self, frame: Frame) -> None:
        session = self._sessions.pop(frame.channel, None)
        if session is not None:
            session.close()
        self.send(Frame(frame.channel, Performative.END, {}))

    def _close_sessions(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.close()


def _mechanisms() -> Frame:
    names = Array(Symbol(name) for name in MECHANISMS)
    return Frame(0, Performative.SASL_MECHANISMS, {"mechanisms": names})
