"""Ends a start when it is told to, by Ctrl-C or by a signal; being told again changes nothing."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import Any


@contextlib.contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """Yield what is set when we are told to end. Under nohup the end of a terminal tells nothing.

    A shell without job control has background processes ignore Ctrl-C; who signals one means it.
    """
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    signals = {signal.SIGINT, signal.SIGTERM}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.add(signal.SIGHUP)
    for each in signals:
        loop.add_signal_handler(each, told.set)
    yield told


async def unless(told: asyncio.Event, work: Coroutine[Any, Any, object]) -> bool:
    """Do the work and return True; cancel it and return False when we are told to end before."""
    doing, waiting = asyncio.ensure_future(work), asyncio.ensure_future(told.wait())
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
        return doing.done()
    finally:
        for task in (doing, waiting):
            task.cancel()
        await asyncio.gather(doing, waiting, return_exceptions=True)
