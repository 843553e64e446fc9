"""The memory of the streams' states: it is bounded, and the readers and the writer share it.

States that a transaction has not committed yet are kept apart, for that transaction alone: a reader
never sees them, and a rollback forgets them.
"""

import threading
from collections import OrderedDict
from typing import Final

import sqlalchemy as sa

from adapters.sql_store import snapshots
from adapters.sql_store.ledger_read import events_after, newest_version
from adapters.sql_store.snapshots import State
from core.release.model import Model
from core.words import Stream

WEIGHT: Final = 15_000  # slim releases, of some 5 KB each
LIVE: Final = 10  # a live release weighs as much as so many slim ones
LONG: Final = 64  # events: after folding more of them, a snapshot is written


class States:
    """``weight`` bounds the memory, in slim releases; the longest unused stream goes first."""

    def __init__(self, weight: int = WEIGHT) -> None:
        self._bound = weight
        self._weight = 0
        self._known: OrderedDict[Stream, tuple[State, int]] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, stream: Stream) -> State | None:
        with self._lock:
            found = self._known.get(stream)
            if found is None:
                return None
            self._known.move_to_end(stream)
            return found[0]

    def remember(self, stream: Stream, state: State) -> None:
        """Remember the state, unless a newer one of the stream is known."""
        weight = _weight(state)
        with self._lock:
            known, before = self._known.get(stream, (None, 0))
            if known is not None and known.version > state.version:
                return
            self._known[stream] = state, weight
            self._known.move_to_end(stream)
            self._weight += weight - before
            while self._weight > self._bound and len(self._known) > 1:
                _, (_, gone) = self._known.popitem(last=False)
                self._weight -= gone

    def forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._weight = 0

    def look(
        self, connection: sa.Connection, stream: Stream, ahead: State | None = None
    ) -> tuple[State, bool]:
        """Return the state that this connection's transaction sees; ``ahead`` is what it wrote.

        The second value tells whether so much was folded that a snapshot should be written.
        """
        known = ahead or self.known(stream)
        newest = newest_version(connection, stream)
        if known is None or known.version > newest:
            known = snapshots.read(connection, stream) or snapshots.begin(stream)
        if known.version >= newest:
            return known, False
        now = snapshots.after(known, events_after(connection, stream, known.version))
        return now, now.version - known.version > LONG


class Uncommitted:
    """The states that the transaction under way has written; the next one begins with none."""

    def __init__(self) -> None:
        self._transaction: sa.RootTransaction | None = None
        self._states: dict[Stream, State] = {}

    def of(self, connection: sa.Connection) -> dict[Stream, State]:
        transaction = connection.get_transaction()
        if transaction is not self._transaction:
            self._transaction, self._states = transaction, {}
        return self._states


def _weight(state: State) -> int:
    if not isinstance(state, Model):
        return 1
    named = len(state.pushes) + len(state.pushers) + len(state.creators) + len(state.landed)
    return 1 + len(state.releases) + LIVE * len(state.live_ids) + named // LIVE
