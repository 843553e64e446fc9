"""Follows the model's process to its end: its log is scrubbed, and what broke off begins anew."""

import asyncio
import time
from typing import Final

from adapters.local_runs.folder import CANCELLED, RunFolder
from adapters.local_runs.harness.steps import ANSWER
from adapters.local_runs.model_process import LARGEST_ANSWER
from adapters.local_runs.run_log import RunLog
from core.errors import StepFailedError
from core.ports.sandbox import LongLook, LongOrder, LongState, Sandbox

SHORTEST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.3
PAUSE_SHARE: Final = 0.05
SPREAD_S: Final = 0.5  # a signal to all processes may reach the model's process a moment before us
MOST_TIMES: Final = 3
AGAIN: Final = frozenset({LongState.INTERRUPTED, LongState.LOST})

GIVEN_UP: Final = (
    "The run was ended {times} times before it could finish: the machine was restarted, or its "
    "memory ran out. Nothing was kept; retry the step."
)


async def followed(
    sandbox: Sandbox, folder: RunFolder, order: LongOrder, log: RunLog
) -> tuple[LongLook, bytes | None]:
    """Return how it ended, and its answer. Raise StepFailedError when it is cancelled or given up.

    What another keeper has started before us is found again.
    """
    while True:
        key = folder.model_key()
        await sandbox.start(key, order)
        look = await _Follower(sandbox, folder, log, key).end()
        if look.state not in AGAIN:
            return look, await sandbox.result(key, ANSWER, LARGEST_ANSWER)
        log.say(look.note)
        await asyncio.sleep(SPREAD_S)
        await sandbox.forget(key)
        if folder.count_broken_off() >= MOST_TIMES:
            raise StepFailedError(GIVEN_UP.format(times=MOST_TIMES))


class _Follower:
    def __init__(self, sandbox: Sandbox, folder: RunFolder, log: RunLog, key: str) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._log = log
        self._key = key
        self._offset = folder.heard(key)

    async def end(self) -> LongLook:
        began = time.monotonic()
        while True:
            look = await self._sandbox.look(self._key)
            await self._hear()
            if look.state is LongState.CANCELLED:
                raise StepFailedError(CANCELLED)
            if look.state is not LongState.RUNNING:
                self._log.flush()
                return look
            if self._folder.is_cancelled():
                await self._sandbox.end(self._key)
                raise StepFailedError(CANCELLED)
            pause_s = (time.monotonic() - began) * PAUSE_SHARE
            await asyncio.sleep(min(max(pause_s, SHORTEST_PAUSE_S), LONGEST_PAUSE_S))

    async def _hear(self) -> None:
        """Write down what it has said since; another keeper goes on where this one was killed."""
        while said := await self._sandbox.log(self._key, self._offset):
            self._log.write(said)
            self._offset += len(said)
            self._folder.keep_heard(self._key, self._offset)
