"""The connections to the database, each with time limits, so that nothing waits for ever."""

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import psycopg
import sqlalchemy as sa

from adapters.one_writer.private_file import keep_private

T = TypeVar("T")
Password = Callable[[], str]

WRITES: Final = {"sluss_begin": "BEGIN IMMEDIATE"}  # options of a connection that will write
SQLITE_BUSY_S: Final = 5.0
GRACE_S: Final = 2.0  # beyond the server's own limit of a statement, as it may hang


class SqlSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``url`` is SQLAlchemy's: ``sqlite:///path/store.db`` or ``postgresql://…``.

    The limits hold on PostgreSQL: ``connect_s`` for a new connection, ``statement_s`` for one
    statement, ``lock_s`` for a lock that others hold, ``idle_s`` for a transaction that does
    nothing. ``ping_s`` bounds the health check, and a connection is used for ``recycle_s``.
    """

    url: str
    connect_s: int = 5
    statement_s: float = 10.0
    lock_s: float = 3.0
    idle_s: float = 15.0
    ping_s: float = 2.0
    recycle_s: int = 1800

    @property
    def shown_url(self) -> str:
        """Return the URL for people and logs, without its password and its options."""
        return sa.make_url(self.url).set(query={}).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return f"SqlSettings(url={self.shown_url!r})"


class NoAnswerError(psycopg.OperationalError):
    """The database took the statement and said nothing more; the connection was given up."""


class LimitedConnection(psycopg.Connection[Any]):
    """Waits ``limit_s`` at most for a server that hangs, and for ever when it is None.

    The limits of such a server do not work, and its kernel keeps the connection alive.
    """

    limit_s: float | None = None

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        if self.limit_s is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_limited(gen, self.limit_s), *args, **kwargs)
        except NoAnswerError:
            self.pgconn.finish()
            raise


def _limited(gen: Generator[Any, Any, T], limit_s: float) -> Generator[Any, Any, T]:
    """Raise NoAnswerError after ``limit_s`` of silence; psycopg resumes it ten times a second."""
    until = time.monotonic() + limit_s
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                until = time.monotonic() + limit_s
            elif time.monotonic() > until:
                raise NoAnswerError(f"no answer within {limit_s:g} seconds")
            wanted = gen.send(ready)
    except StopIteration as stop:
        result: T = stop.value
        return result


def open_engine(settings: SqlSettings, password: Password | None = None) -> sa.Engine:
    """Connect to nothing yet. ``password`` is called for each new connection: it may expire."""
    url = sa.make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, pool_size=6, hide_parameters=True)
        sa.event.listen(engine, "do_connect", _close_to_others)
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=6,
        pool_timeout=settings.connect_s,
        pool_pre_ping=True,
        pool_recycle=settings.recycle_s,
        hide_parameters=True,  # else an error would tell what people wrote
        connect_args=_limits(settings),
    )
    sa.event.listen(engine, "do_connect", _connect_with(settings, password))
    return engine


def _connect_with(settings: SqlSettings, password: Password | None) -> Callable[..., Any]:
    def connect(_dialect: Any, _record: Any, args: Any, parameters: dict[str, Any]) -> Any:
        known = {"password": password()} if password is not None else {}
        connection = LimitedConnection.connect(*args, **{**parameters, **known})
        connection.limit_s = settings.statement_s + GRACE_S
        return connection

    return connect


def _limits(settings: SqlSettings) -> dict[str, Any]:
    """Return psycopg's arguments; options in the URL, such as a search_path, stay beside ours."""
    given = sa.make_url(settings.url).normalized_query.get("options", ())
    options = {
        "statement_timeout": _ms(settings.statement_s),
        "lock_timeout": _ms(settings.lock_s),
        "idle_in_transaction_session_timeout": _ms(settings.idle_s),
        "default_transaction_isolation": r"read\ committed",  # a read sees what it waited for
    }
    return {
        "application_name": "sluss",
        "connect_timeout": settings.connect_s,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": _ms(settings.statement_s + GRACE_S),
        "options": " ".join((*given, *(f"-c {name}={value}" for name, value in options.items()))),
    }


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


@contextmanager
def without_limits(connection: sa.Connection) -> Iterator[None]:
    """Let statements in this block take as long as they need."""
    limited = connection.connection.dbapi_connection
    if not isinstance(limited, LimitedConnection):
        yield
        return
    before, limited.limit_s = limited.limit_s, None
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(sa.text(f"SET LOCAL {name} = 0"))
    try:
        yield
    finally:
        limited.limit_s = before


def _close_to_others(_dialect: Any, _record: Any, args: Any, _parameters: Any) -> None:
    """SQLite gives the files beside it (-wal, -shm) the same rights."""
    path = str(args[0]) if args else ""
    if not path or path.startswith((":memory:", "file:")):
        return
    keep_private(Path(path))


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: savepoints need it
    connection.execute(f"PRAGMA busy_timeout={int(SQLITE_BUSY_S * 1000)}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Try again while another process does the same: here SQLite ignores its busy_timeout."""
    until = time.monotonic() + SQLITE_BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at once if asked to: a read may fail when it becomes a write."""
    connection.exec_driver_sql(connection.get_execution_options().get("sluss_begin", "BEGIN"))
