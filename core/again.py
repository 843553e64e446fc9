"""Keeps background work going: whatever a turn of it raises is told, and tried again later.

A broad ``except`` stands here (CONTRIBUTING.md names all of them): a bug in one piece of background
work must not end the others, nor the process that takes deliveries.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import msgspec

from core.errors import SlussError, StoreTooNewError, UnavailableError, VersionConflictError
from core.scrub import scrub

log = logging.getLogger(__name__)

Turn = Callable[[], Awaitable[object]]

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
SPREAD: Final = 0.25  # what waits for the same system does not come back all at once

# Somebody has to mend it, and nobody tells us when: so it is looked at now and then.
FINAL_PAUSE_S: Final = 30.0
LONGEST_FINAL_PAUSE_S: Final = 300.0

PASSES: Final = (UnavailableError, VersionConflictError, ConnectionError, TimeoutError)
BUG: Final = (
    "An error that nobody expected ({what}). It is tried again by itself; the log has the place."
)


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What does not work now; one that is ``is_final`` stays until somebody mends it."""

    says: str
    is_final: bool
    since: datetime


class Troubles:
    """The troubles of a process by the name of the work; each is logged as it begins and ends."""

    def __init__(self) -> None:
        self._open: dict[str, Trouble] = {}

    @property
    def open(self) -> dict[str, Trouble]:
        return dict(self._open)

    def begin(self, name: str, error: BaseException) -> None:
        """Tell of an error. The same again is no news; another one of the same work is."""
        before, says = self._open.get(name), _words(error)
        if before is not None and before.says == says:
            return
        since = before.since if before else datetime.now(UTC)
        is_final = not isinstance(error, PASSES)
        self._open[name] = Trouble(says=says, is_final=is_final, since=since)
        level = logging.ERROR if is_final else logging.WARNING
        is_bug = is_final and not isinstance(error, SlussError)
        extra = {"action": "trouble_began", "work": name}
        log.log(level, "%s: %s", name, says, extra=extra, exc_info=error if is_bug else None)

    def end(self, name: str) -> None:
        if self._open.pop(name, None) is not None:
            log.info("%s: it works again", name, extra={"action": "trouble_ended", "work": name})


async def keep(
    name: str,
    turn: Turn,
    troubles: Troubles,
    *,
    every_s: float = 0.0,
    longest_s: float = LONGEST_PAUSE_S,
    until: asyncio.Event | None = None,
) -> None:
    """Take one turn after another until cancelled, or ``until`` is set.

    What a turn raises is told and ends nothing. Raise StoreTooNewError alone: no Sluss of an older
    version may go on working on that ledger.
    """
    ended = until or asyncio.Event()
    in_vain = 0
    while not ended.is_set():
        error = await _raised(turn)
        if error is None:
            in_vain, pause_s = 0, every_s
            troubles.end(name)
        else:
            in_vain += 1
            pause_s = pause_after(in_vain, error, longest_s)
            troubles.begin(name, error)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await ended.wait()


async def until_done(name: str, turn: Turn, troubles: Troubles) -> None:
    """Take turns until one comes to its end."""
    done = asyncio.Event()

    async def last() -> None:
        await turn()
        done.set()

    await keep(name, last, troubles, until=done)


def pause_after(in_vain: int, error: BaseException, longest_s: float = LONGEST_PAUSE_S) -> float:
    """Return the seconds until the next turn: longer each time, and all that a system asks."""
    asked_s, first_s = 0.0, FIRST_PAUSE_S
    if isinstance(error, UnavailableError):
        asked_s, longest_s = error.asked_s, min(longest_s, error.longest_s)
    elif not isinstance(error, PASSES):
        longest_s = LONGEST_FINAL_PAUSE_S
        first_s = FINAL_PAUSE_S if isinstance(error, SlussError) else FIRST_PAUSE_S
    growing = first_s * 2.0 ** min(in_vain - 1, 16)
    wanted = max(asked_s, min(growing, longest_s))
    return wanted * (1 + random.random() * SPREAD)  # noqa: S311 - nobody has to be unable to guess it


async def _raised(turn: Turn) -> BaseException | None:
    """Return what a turn raised. Raise CancelledError when we are cancelled ourselves.

    A library may raise what only a cancelled task or a program that ends should, and may make
    something else of being cancelled.
    """
    error: BaseException | None = None
    try:
        await turn()
    except GeneratorExit:
        raise
    except BaseException as raised:
        if _is_of_newer_store(raised):
            raise
        error = raised
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error
    return error


def _is_of_newer_store(error: BaseException) -> bool:
    if isinstance(error, ExceptionGroup):
        return error.subgroup(StoreTooNewError) is not None
    return isinstance(error, StoreTooNewError)


def _words(error: BaseException) -> str:
    """Return an error of ours in its own words; of others only the kind, as they may quote much."""
    if isinstance(error, SlussError):
        return scrub(str(error))
    kind = type(error).__name__
    why = error.strerror if isinstance(error, OSError) else ""
    return BUG.format(what=f"{kind}: {why}" if why else kind)
