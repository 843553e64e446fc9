"""The gate: runs the checks on one commit in a killable process, and keeps their answers."""

import asyncio
import contextlib
import difflib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from core.checks import Check, CheckResult, Facts, ModelRepo, Status
from core.errors import UnknownNameError
from core.policy import Policy
from workers.checks import CHECKS
from workers.gate_cache import GateCache, digest_of
from workers.gate_child import Work

LONGEST_LINE: Final = 4 * 1024 * 1024
OFF: Final = "switched off by policy.yml"
TOO_LONG: Final = "stopped after {seconds:g} s"
KILLED: Final = "its process was ended by {signal}"
CRASHED: Final = "its process ended with {error}"
COULD_NOT_RUN: Final = "{what}. The check said nothing about this commit; tell GBI."


class GateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """For each check; the memory is that of the process that runs them one after another."""

    seconds: float = 20.0
    memory_mb: int = 1024


async def gate(
    repo: ModelRepo,
    facts: Facts,
    policy: Policy,
    *,
    cache: Path | None = None,
    only: Collection[str] = (),
    limits: GateLimits | None = None,
) -> tuple[CheckResult, ...]:
    """Every check's result in the order of the card, with the policy's priorities.

    Raise UnknownNameError for a check in ``only`` that there is not.
    """
    checks = _chosen(only)
    wanted = [check for check in checks if policy.mode(check.id) != "off"]
    content = await asyncio.to_thread(digest_of, repo, facts)
    kept = GateCache(cache, content)
    known = {check.id: kept.find(check) for check in wanted}
    results = {name: result for name, result in known.items() if result is not None}
    missing = [check for check in wanted if check.id not in results]
    for check, result in await _run(missing, repo, facts, limits or GateLimits()):
        results[check.id] = result
        kept.keep(check, result)
    return tuple(_under(policy, check, results) for check in checks)


def _chosen(only: Collection[str]) -> tuple[Check, ...]:
    names = [check.id for check in CHECKS]
    for name in only:
        if name not in names:
            raise UnknownNameError("check", name, difflib.get_close_matches(name, names, n=2))
    return tuple(check for check in CHECKS if not only or check.id in only)


def _under(policy: Policy, check: Check, results: Mapping[str, CheckResult]) -> CheckResult:
    result = results.get(check.id) or _said(check, Status.NOT_CHECKED, OFF)
    return msgspec.structs.replace(result, priority=policy.priority(check.id, check.priority))


def _said(check: Check, status: Status, note: str) -> CheckResult:
    return CheckResult(
        check=check.id,
        title=check.title,
        owner=check.owner,
        priority=check.priority,
        status=status,
        note=note,
    )


async def _run(
    checks: Iterable[Check], repo: ModelRepo, facts: Facts, limits: GateLimits
) -> list[tuple[Check, CheckResult]]:
    """One process for all; after a check that ended it, a new one for those behind."""
    left = list(checks)
    done: list[tuple[Check, CheckResult]] = []
    while left:
        names = tuple(check.id for check in left)
        cpu_s = int(limits.seconds * len(left)) + 5
        work = Work(repo, facts, names, cpu_s, limits.memory_mb)
        results, why = await _child(work, limits.seconds)
        done.extend((check, results[check.id]) for check in left if check.id in results)
        left = [check for check in left if check.id not in results]
        if left:
            broken = left.pop(0)
            note = COULD_NOT_RUN.format(what=why)
            done.append((broken, _said(broken, Status.COULD_NOT_RUN, note)))
    return done


async def _child(work: Work, seconds: float) -> tuple[dict[str, CheckResult], str]:
    """What the process said before it ended, and why it ended early, in words."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "workers.gate_child",  # -I: never a folder of the repository
        stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}, limit=LONGEST_LINE, start_new_session=True,
    )  # fmt: skip
    try:
        return await _conversation(process, work, seconds)
    finally:
        await _end(process)


async def _conversation(
    process: Process, work: Work, seconds: float
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


async def _hand_over(stdin: asyncio.StreamWriter, work: Work) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended: stdout tells why
        stdin.write(msgspec.msgpack.encode(work))
        await stdin.drain()
        stdin.close()


def _why(code: int, last_words: bytes) -> str:
    if code < 0:
        return KILLED.format(signal=signal.Signals(-code).name)
    last = last_words.decode("utf-8", "replace").strip().rpartition("\n")[2]
    name = last.partition(":")[0].rpartition(".")[2]  # the message may quote the repository
    return CRASHED.format(error=name or f"code {code}")


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
