"""The store's writer: all writes that wait share a transaction, each in its own savepoint."""

import random
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import sqlalchemy as sa

from adapters.one_writer.group_commit import Batch, GroupCommit, Request
from adapters.sql_store.engine import WRITES
from adapters.sql_store.faults import UNSPEAKABLE, Fault, fault_of, refused, unwritable
from core.errors import SlussError, StoreUnavailableError

T = TypeVar("T")

CLOSED = "The store was closed. Nothing was done; start again."
TRIES: Final = 20  # of a batch, while other processes are in the way
LONGEST_PAUSE_S: Final = 0.05
CLOSE_S: Final = 15.0

# Every transaction takes its locks in this order, so that no two processes wait for each other:
# first the chain (and with it events, claims and projections), then jobs, then rows by their key.
CHAIN: Final = (0, "")
OUTBOX: Final = (1, "")
CARDS: Final = (3, "")  # all cards


def effect_order(key: str) -> tuple[int, str]:
    return (2, key)


def card_order(key: str) -> tuple[int, str]:
    return (3, key)


def conversation_order(key: str) -> tuple[int, str]:
    return (4, key)


def note_order(key: str) -> tuple[int, str]:
    return (5, key)


class Write(NamedTuple):
    """One piece of work; ``run`` may be called again in a new transaction.

    ``order`` says what it locks, and sorts the writes of a batch.
    """

    order: tuple[int, str]
    run: Callable[[sa.Connection], Any]


class Writer:
    """``prepare`` is called before each batch, ``forget`` when the database took none of it.

    After a failure the database may be a copy without the last commits, so states are forgotten.
    """

    def __init__(
        self, engine: sa.Engine, *, prepare: Callable[[], object], forget: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._prepare = prepare
        self._forget = forget
        self._writer: GroupCommit[Write] = GroupCommit(
            self._commit, _nothing, name="store", closed=lambda: StoreUnavailableError(CLOSED)
        )

    async def run(self, order: tuple[int, str], write: Callable[[sa.Connection], T]) -> T:
        """Return when it is durable. Raise StoreUnavailableError when the database did not take it.

        Raise RefusedByStoreError when it never will; the batch's other writes are kept then.
        """
        result: T = await self._writer.submit(Write(order, write))
        return result

    async def close(self) -> None:
        await self._writer.close(CLOSE_S)

    # The rest runs in the writer's thread.

    def _commit(self, batch: Batch[Write]) -> None:
        wanted = [request for request in batch if not request.future.done()]
        wanted.sort(key=lambda request: request.work.order)
        try:
            self._prepare()
            self._until_nobody_is_in_the_way(wanted)
        except (SlussError, sa.exc.SQLAlchemyError) as error:
            self._forget()
            for request in wanted:
                request.error = error if isinstance(error, SlussError) else unwritable(error)

    def _until_nobody_is_in_the_way(self, batch: Batch[Write]) -> None:
        for _ in range(TRIES):
            try:
                return self._try(batch)
            except sa.exc.SQLAlchemyError as error:
                if fault_of(error) is not Fault.AGAIN:
                    raise
                time.sleep(random.uniform(0, LONGEST_PAUSE_S))  # noqa: S311 - no secret
        return self._try(batch)

    def _try(self, batch: Batch[Write]) -> None:
        with self._engine.connect() as plain:
            connection = plain.execution_options(**WRITES)
            with connection.begin():
                for request in batch:
                    _one(connection, request)


def _one(connection: sa.Connection, request: Request[Write]) -> None:
    request.result, request.error = None, None
    try:
        with connection.begin_nested():
            request.result = request.work.run(connection)
    except SlussError as error:
        request.error = error
    except UNSPEAKABLE as error:
        request.error = refused(error)
    except sa.exc.SQLAlchemyError as error:
        fault = fault_of(error)
        if fault in (Fault.AGAIN, Fault.DOWN):
            raise
        request.error = refused(error) if fault is Fault.REFUSED else error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        request.error = error  # the caller gets to see its bug; the rest of the batch goes on


def _nothing() -> None:
    """Close nothing at the end: the connections are the engine's."""
