"""What an error of the database means: others in the way, too late, refused, down, or a bug."""

import enum
import sqlite3
from typing import Final

import psycopg
import sqlalchemy as sa

from core.errors import RefusedByStoreError, StoreUnavailableError

REFUSED = (
    "The database refuses this ({why}). Nothing of it was written, and trying again does not help; "
    "mend what brought it."
)
UNREADABLE = "The store cannot be read ({why}). It is tried again by itself."
UNWRITABLE = "The store cannot be written ({why}). It is tried again by itself."

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AGAIN: Final = ("40001", "40P01")  # serialization_failure, deadlock_detected
_UNIQUE: Final = "23505"
_REFUSED_CLASSES: Final = ("22", "23", "54")  # data, integrity, limits of the program
_NOT_SET_UP: Final = ("3F000", "42501", "42P01", "42703")  # no schema, rights, table, column
_SQLITE_UNIQUE: Final = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)

UNSPEAKABLE: Final = (UnicodeEncodeError, OverflowError)  # of values that no statement takes


class Fault(enum.Enum):
    AGAIN = "others were in the way, and may be gone now"
    TAKEN = "another write was first"
    REFUSED = "this value is not taken"
    DOWN = "nothing is taken now"
    BUG = "the statement is wrong"


def fault_of(error: sa.exc.SQLAlchemyError) -> Fault:
    cause = getattr(error, "orig", None)
    if isinstance(cause, psycopg.Error) and cause.sqlstate:
        return _by_state(cause.sqlstate)
    if isinstance(cause, sqlite3.IntegrityError) and cause.sqlite_errorcode in _SQLITE_UNIQUE:
        return Fault.TAKEN
    if isinstance(error, sa.exc.DataError | sa.exc.IntegrityError) or isinstance(
        cause, UNSPEAKABLE
    ):
        return Fault.REFUSED
    is_down = isinstance(error, sa.exc.DBAPIError | sa.exc.TimeoutError)
    is_wrong = isinstance(error, sa.exc.ProgrammingError | sa.exc.NotSupportedError)
    return Fault.DOWN if is_down and not is_wrong else Fault.BUG


def _by_state(state: str) -> Fault:
    if state in _AGAIN:
        return Fault.AGAIN
    if state == _UNIQUE:
        return Fault.TAKEN
    if state.startswith(_REFUSED_CLASSES):
        return Fault.REFUSED
    if state.startswith(("0A", "42")) and state not in _NOT_SET_UP:
        return Fault.BUG
    return Fault.DOWN


def refused(error: Exception) -> RefusedByStoreError:
    """Name only the kind of the fault: the database's own text may quote the value."""
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    kind = type(cause).__name__
    return RefusedByStoreError(REFUSED.format(why=f"{kind}, {state}" if state else kind))


def unreadable(error: sa.exc.SQLAlchemyError) -> StoreUnavailableError:
    return StoreUnavailableError(UNREADABLE.format(why=_why(error)))


def unwritable(error: sa.exc.SQLAlchemyError) -> StoreUnavailableError:
    return StoreUnavailableError(UNWRITABLE.format(why=_why(error)))


def _why(error: sa.exc.SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None)
    told = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return told or " ".join(str(cause or type(error).__name__).split())
