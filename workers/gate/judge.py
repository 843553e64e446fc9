"""Asks a child process for the findings of checks, and survives a crash or hang of it."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable
from typing import Final, Self

import msgspec

from core.gate.checks import Check, CheckResult, ModelRepo
from core.gate.facts import CheckFacts
from core.gate.tools import Output
from workers.gate.child import SIZE_BYTES, CheckWork
from workers.gate.said import COULD_NOT_RUN, could_not_run

LONGEST_LINE: Final = 4 * 1024 * 1024
TOO_LONG: Final = "stopped after {seconds:g} s"
KILLED: Final = "its process was ended by {signal}"
CRASHED: Final = "its process ended with {error}"


class JudgeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """``seconds`` is per check; ``memory_mb`` is for the process that runs one after another."""

    seconds: float = 20.0
    memory_mb: int = 1024


class Judge:
    """Judges files under facts in one child process, which it replaces when it dies.

    Use it as ``async with Judge(...)``: that leaves no process behind.
    """

    def __init__(self, repo: ModelRepo, facts: CheckFacts, limits: JudgeLimits) -> None:
        self._repo = repo
        self._facts = facts
        self._limits = limits
        self._turn = asyncio.Lock()
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def preview(
        self, checks: Iterable[Check], outputs: dict[str, Output] | None = None
    ) -> list[CheckResult]:
        """Return the results in the order of ``checks``, which must be that of CHECKS.

        One process runs them all; when a check ends it, a new one runs those that are left.
        """
        left, done = list(checks), list[CheckResult]()
        while left:
            work = self._work(left, outputs or {}, is_preview=True)
            results, why = await self._ask(work)
            said = [results[check.id] for check in left[: len(results)]]
            done.extend(said)
            left = left[len(said) :]
            if left:
                done.append(could_not_run(left.pop(0), COULD_NOT_RUN.format(what=why)))
        return done

    async def full(self, check: Check, output: Output) -> CheckResult:
        work = msgspec.structs.replace(
            self._work([check], {check.id: output}, is_preview=False),
            repo=check.part(self._repo),
            facts=self._facts.part(check.asks),
        )
        results, why = await self._ask(work)
        return results.get(check.id) or could_not_run(check, COULD_NOT_RUN.format(what=why))

    def _work(
        self, checks: list[Check], outputs: dict[str, Output], *, is_preview: bool
    ) -> CheckWork:
        return CheckWork(
            repo=self._repo,
            facts=self._facts,
            checks=tuple(check.id for check in checks),
            is_preview=is_preview,
            outputs=outputs,
            cpu_s=int(self._limits.seconds * len(checks)) + 5,
            memory_mb=self._limits.memory_mb,
        )

    async def _ask(self, work: CheckWork) -> tuple[dict[str, CheckResult], str]:
        """Return the results that came before the process ended, and why it ended early, or ""."""
        async with self._turn:
            if self._process is None:
                self._process = await _start()
            is_well = False
            try:
                results, why = await _conversation(self._process, work, self._limits.seconds)
                is_well = not why
            finally:
                if not is_well:
                    await self._end()
            return results, why

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "workers.gate.child",  # -I: never a repository's folder
        stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}, limit=LONGEST_LINE, start_new_session=True,
    )  # fmt: skip


async def _conversation(
    process: Process, work: CheckWork, seconds: float
) -> tuple[dict[str, CheckResult], str]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    results: dict[str, CheckResult] = {}
    try:
        await asyncio.wait_for(_hand_over(process.stdin, work), seconds)
        while len(results) < len(work.checks):
            line = await asyncio.wait_for(process.stdout.readline(), seconds)
            if not line.endswith(b"\n"):
                break
            result = msgspec.json.decode(line, type=CheckResult)
            results[result.check] = result
    except TimeoutError:
        return results, TOO_LONG.format(seconds=seconds)
    if len(results) == len(work.checks):
        return results, ""
    last_words = await process.stderr.read()
    return results, _why(await process.wait(), last_words)


async def _hand_over(stdin: asyncio.StreamWriter, work: CheckWork) -> None:
    # When the process has ended, its stdout tells why.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        data = msgspec.msgpack.encode(work)
        stdin.write(len(data).to_bytes(SIZE_BYTES))
        stdin.write(data)
        await stdin.drain()


def _why(code: int, last_words: bytes) -> str:
    if code < 0:
        return KILLED.format(signal=signal.Signals(-code).name)
    last = last_words.decode("utf-8", "replace").strip().rpartition("\n")[2]
    # Only the error's class is told, as its message may quote the repository.
    name = last.partition(":")[0].rpartition(".")[2]
    return CRASHED.format(error=name or f"code {code}")
