"""One thread writes: it gathers what waits, runs each in a savepoint, and commits them together."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from core.errors import SlussError, StoreUnavailableError, VersionConflictError

T = TypeVar("T")
Write = Callable[[sa.Connection], Any]
BATCH = 200


class _Waiting:
    """A write, and the future of whoever waits for it on the event loop."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def resolve(self) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        if self.future.cancelled():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """``forget`` is called when a commit failed: what was remembered of it must go."""

    def __init__(self, engine: sa.Engine, forget: Callable[[], None]) -> None:
        self._engine = engine
        self._forget = forget
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, write: Callable[[sa.Connection], T]) -> T:
        """Durable when it returns; StoreUnavailableError when the database does not take it."""
        waiting = _Waiting(write)
        self._waiting.put(waiting)
        result: T = await waiting.future
        return result

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, is_last = self._gather(first)
            self._commit(batch)
            for waiting in batch:
                waiting.resolve()
            if is_last:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        batch = [first]
        while len(batch) < BATCH and not self._waiting.empty():
            following = self._waiting.get()
            if following is None:
                return batch, True
            batch.append(following)
        return batch, False

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            with self._engine.begin() as connection:
                for waiting in batch:
                    self._one(connection, waiting)
        except sa.exc.SQLAlchemyError as error:
            self._forget()
            for waiting in batch:
                waiting.error = _unavailable(error)

    def _one(self, connection: sa.Connection, waiting: _Waiting) -> None:
        try:
            with connection.begin_nested():
                waiting.result = waiting.write(connection)
        except SlussError as error:
            waiting.error = error
        except sa.exc.IntegrityError:
            waiting.error = VersionConflictError()  # another process was first
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            waiting.error = error  # a bug is the caller's to see; the others in the batch go on


def _unavailable(error: sa.exc.SQLAlchemyError) -> StoreUnavailableError:
    cause = getattr(error, "orig", None) or type(error).__name__
    return StoreUnavailableError(
        f"The store cannot be written ({cause}). Nothing was decided; it is tried again by itself."
    )
