"""The table behind the SQLite queue: what each operation does to it, inside a transaction.

``due`` is when a message may be taken: now, when it is scheduled, or when its lock expires. A
message that is settled stays, without its body, until its id may be used again.
"""

import secrets
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from adapters.sqlite_queue.file import Insert, Row
from core.errors import LockLostError
from core.ports import DeadLetter, Message, Received

TOO_MANY_TRIES: Final = "taken {tries} times, and never settled"

# State: 0 live, 1 dead, 2 settled. ``known_id`` is NULL once the id may be used again.
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    known_id TEXT UNIQUE,
    body BLOB NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    sent REAL NOT NULL,
    due REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    lock TEXT,
    reason TEXT,
    waits INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS message_due ON message (due, number) WHERE state = 0;
CREATE INDEX IF NOT EXISTS message_dead ON message (due, id) WHERE state = 1;
"""

COUNTS: Final = ("waits", "failures")  # columns that an older file lacks

ADD: Final = Insert(
    "INSERT INTO message (id, known_id, body, sent, due, waits, failures) VALUES ",
    "(?, ?, ?, ?, ?, ?, ?)",
    " ON CONFLICT (known_id) DO NOTHING",
)
FORGET_IDS: Final = "UPDATE message SET known_id = NULL WHERE known_id IS NOT NULL AND sent <= ?"
FORGET_SETTLED: Final = "DELETE FROM message WHERE state = 2 AND known_id IS NULL"
DUE: Final = (
    "SELECT number, id, body, tries, lock, waits, failures FROM message "
    "WHERE state = 0 AND due <= ? ORDER BY due, number LIMIT ?"
)
NEXT_DUE: Final = "SELECT min(due) FROM message WHERE state = 0"
LOCK: Final = "UPDATE message SET lock = ?, due = ?, tries = ? WHERE number = ?"
BURY: Final = (
    "UPDATE message SET state = 1, due = ?, lock = NULL, reason = ?, tries = ? WHERE number = ?"
)
HELD: Final = "SELECT tries FROM message WHERE number = ? AND lock = ? AND state = 0 AND due > ?"
COMPLETE: Final = "UPDATE message SET state = 2, body = x'', lock = NULL WHERE number = ?"
RENEW: Final = "UPDATE message SET due = ? WHERE number = ?"
GIVE_BACK: Final = "UPDATE message SET due = ?, lock = NULL, tries = ? WHERE number = ?"
FREE: Final = "UPDATE message SET due = ? WHERE state = 0 AND lock IS NOT NULL AND due > ?"
DEAD: Final = (
    "SELECT id, body, reason, due, waits, failures FROM message "
    "WHERE state = 1 ORDER BY due LIMIT ?"
)
OLDEST_DEAD: Final = "SELECT number FROM message WHERE state = 1 AND id = ? ORDER BY due LIMIT 1"
REVIVE: Final = (
    "UPDATE message SET state = 0, due = ?, tries = 0, waits = 0, failures = 0, reason = NULL "
    "WHERE number = ?"
)
WAITING: Final = "SELECT count(*) FROM message WHERE state = 0 AND (due <= ? OR lock IS NOT NULL)"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The messages that were taken; ``next_due`` is when to look again, in seconds since 1970."""

    messages: list[Received]
    next_due: float


class QueueTable:
    """Each method is one operation; one that raises has changed nothing."""

    def __init__(
        self,
        *,
        lock_s: float,
        max_tries: int,
        duplicate_window_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._lock_s = lock_s
        self._max_tries = max_tries
        self._window_s = duplicate_window_s
        self._clock = clock
        self._next_forget = clock() + duplicate_window_s / 20

    def rows(self, messages: Sequence[Message], due: float | None) -> list[Row]:
        """Return the rows that ADD inserts; without ``due`` they may be taken now."""
        now = self._clock()
        start = now if due is None else due
        return [
            (each.id, self._known(each.id), each.body, now, start, each.waits, each.failures)
            for each in messages
        ]

    def _known(self, name: str) -> str | None:
        return name if self._window_s else None

    def has_to_forget(self) -> bool:
        """Tell whether a twentieth of the window has gone by, which keeps it nearly exact."""
        return self._clock() >= self._next_forget

    def forget(self, connection: sqlite3.Connection) -> None:
        """Free the ids that are older than the window, and delete what was settled with them."""
        now = self._clock()
        self._next_forget = now + self._window_s / 20
        connection.execute(FORGET_IDS, (now - self._window_s,))
        connection.execute(FORGET_SETTLED)

    def take(self, connection: sqlite3.Connection, limit: int) -> Taken:
        now = self._clock()
        messages = []
        due = connection.execute(DUE, (now, limit)).fetchall()
        for number, name, body, tries, old_lock, *counts in due:
            tried = tries + (old_lock is not None)  # a lock that expired was a try
            if tried >= self._max_tries:
                self._bury(connection, number, tried, TOO_MANY_TRIES.format(tries=tried))
                continue
            lock = secrets.token_hex(8)
            connection.execute(LOCK, (lock, now + self._lock_s, tried, number))
            messages.append(
                Received(
                    message=_message(name, body, *counts),
                    lock=f"{number}/{lock}",
                    tries=tried,
                    lock_s=self._lock_s,
                )
            )
        (next_due,) = (None,) if messages else connection.execute(NEXT_DUE).fetchone()
        return Taken(messages=messages, next_due=float("inf") if next_due is None else next_due)

    def renew(self, connection: sqlite3.Connection, received: Received) -> None:
        number, _ = self._held(connection, received)
        connection.execute(RENEW, (self._clock() + self._lock_s, number))

    def complete(self, connection: sqlite3.Connection, received: Received) -> None:
        number, _ = self._held(connection, received)
        connection.execute(COMPLETE, (number,))

    def abandon(self, connection: sqlite3.Connection, received: Received) -> None:
        number, tries = self._held(connection, received)
        tried = tries + 1
        if tried >= self._max_tries:
            self._bury(connection, number, tried, TOO_MANY_TRIES.format(tries=tried))
            return
        connection.execute(GIVE_BACK, (self._clock(), tried, number))

    def give_back(self, connection: sqlite3.Connection, received: Received) -> None:
        """Release a message that nobody saw, without counting a try."""
        number, tries = self._held(connection, received)
        connection.execute(GIVE_BACK, (self._clock(), tries, number))

    def free(self, connection: sqlite3.Connection) -> None:
        """Let every lock expire now; each counts as a try, as its message may be what killed us."""
        now = self._clock()
        connection.execute(FREE, (now, now))

    def dead_letter(self, connection: sqlite3.Connection, received: Received, reason: str) -> None:
        number, tries = self._held(connection, received)
        self._bury(connection, number, tries + 1, reason)

    def dead_letters(self, connection: sqlite3.Connection, limit: int) -> list[DeadLetter]:
        return [
            DeadLetter(
                message=_message(name, body, *counts),
                reason=reason,
                since=datetime.fromtimestamp(since, UTC),
            )
            for name, body, reason, since, *counts in connection.execute(DEAD, (limit,))
        ]

    def redrive(self, connection: sqlite3.Connection, message_id: str) -> bool:
        found = connection.execute(OLDEST_DEAD, (message_id,)).fetchone()
        if found is None:
            return False
        connection.execute(REVIVE, (self._clock(), found[0]))
        return True

    def waiting(self, connection: sqlite3.Connection) -> int:
        (count,) = connection.execute(WAITING, (self._clock(),)).fetchone()
        return int(count)

    def _held(self, connection: sqlite3.Connection, received: Received) -> tuple[int, int]:
        """Return the message's row and earlier tries. Raise LockLostError when its lock is over."""
        number, _, lock = received.lock.partition("/")
        found = connection.execute(HELD, (number, lock, self._clock())).fetchone()
        if found is None:
            raise LockLostError
        return int(number), int(found[0])

    def _bury(self, connection: sqlite3.Connection, number: int, tries: int, reason: str) -> None:
        connection.execute(BURY, (self._clock(), reason, tries, number))


def prepare(connection: sqlite3.Connection) -> None:
    """Make the table, or bring one of an earlier version up to this one."""
    connection.executescript(SCHEMA)
    known = {row[1] for row in connection.execute("PRAGMA table_info(message)")}
    for column in COUNTS:
        if column not in known:
            connection.execute(
                f"ALTER TABLE message ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0"
            )


def _message(name: str, body: bytes, waits: int, failures: int) -> Message:
    return Message(id=name, body=body, waits=waits, failures=failures)
