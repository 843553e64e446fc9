"""The connections to the database, each with limits of time: nothing waits for ever."""

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import msgspec
import psycopg
import sqlalchemy as sa

T = TypeVar("T")
Password = Callable[[], str]

WRITES: Final = {"sluss_begin": "BEGIN IMMEDIATE"}  # of a connection that will write
SQLITE_BUSY_S: Final = 5.0
GRACE_S: Final = 2.0  # the server ends a statement itself, unless it hangs


class SqlSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``url`` is SQLAlchemy's: ``sqlite:///path/store.db`` or ``postgresql://…``.

    The limits hold on PostgreSQL: for a connection to stand, for one statement, for a lock that
    others hold, for a transaction that does nothing. A connection is used for ``recycle_s``.
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
        """The URL for people and logs, without the password, and options, which may hold one."""
        return sa.make_url(self.url).set(query={}).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return f"SqlSettings(url={self.shown_url!r})"


class NoAnswerError(psycopg.OperationalError):
    """The database took the statement and said nothing more; the connection was given up."""


class LimitedConnection(psycopg.Connection[Any]):
    """It waits for a server that hangs no longer than ``limit_s``; None waits for ever.

    The server's own limits do not help there, and its kernel keeps the connection alive.
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
    """Psycopg wakes a generator ten times a second, with nothing, while nothing comes."""
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
    """Nothing is connected yet. ``password`` is asked for each new connection: it may expire."""
    url = sa.make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, pool_size=6, hide_parameters=True)
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
    """Options of the URL's own, as a search_path, stay beside ours."""
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
    """What is done in here may take long."""
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


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: savepoints need it
    connection.execute(f"PRAGMA busy_timeout={int(SQLITE_BUSY_S * 1000)}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite waits for nobody when it changes the mode of a new file; another may do it now."""
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
    """Who will write says so at once, and waits its turn; else a read could not become a write."""
    connection.exec_driver_sql(connection.get_execution_options().get("sluss_begin", "BEGIN"))
