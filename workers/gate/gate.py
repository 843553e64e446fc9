"""The gate: runs the checks on one commit, at most one a core, and keeps answers."""

import asyncio
import difflib
import os
from collections.abc import Collection, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import msgspec

from core.errors import UnknownNameError
from core.gate.checks import Check, CheckResult, ModelRepo, Status, Tool
from core.gate.facts import CheckFacts
from core.policy import Policy
from workers.gate.cache import Contents, GateCache
from workers.gate.checks import CHECKS
from workers.gate.judge import Judge, JudgeLimits
from workers.gate.said import LATER, OFF, said
from workers.gate.tools import GateTools, Slot, Subject

replace = msgspec.structs.replace
NO_TOOLS: Final = GateTools()


class Watcher:
    """A watcher is told what happens meanwhile; this one listens to nothing."""

    def works(self, check: Check, words: str) -> None:
        """A check has begun, or says what it does now."""

    def said(self, result: CheckResult) -> None:
        """A check has its answer; a preview may come before it."""

    async def quick(self, results: tuple[CheckResult, ...], waiting: tuple[str, ...]) -> None:
        """Every quick answer is there; the checks of ``waiting`` take longer."""


class Gate:
    """A process has one gate and calls it with a commit: it keeps to the cores however many ask."""

    def __init__(
        self,
        tools: GateTools = NO_TOOLS,
        *,
        cache: Path | None = None,
        limits: JudgeLimits | None = None,
        at_once: int = 0,
    ) -> None:
        self._tools = tools
        self._cache = cache
        self._limits = limits or JudgeLimits()
        self._slots = asyncio.Semaphore(at_once or os.cpu_count() or 1)

    async def __call__(
        self,
        repo: ModelRepo,
        facts: CheckFacts,
        policy: Policy,
        *,
        only: Collection[str] = (),
        is_quick: bool = False,
        watcher: Watcher | None = None,
    ) -> tuple[CheckResult, ...]:
        """Every check's result in the order of the card, with the policy's priorities.

        ``is_quick``: no tool is waited for that takes longer than a moment.
        Raise UnknownNameError for a check in ``only`` that there is not.
        """
        checks = _chosen(only)
        contents = await asyncio.to_thread(Contents, repo, facts)
        kept = GateCache(self._cache, contents)
        wanted = [check for check in checks if not policy.is_off(check.id)]
        async with Judge(repo, facts, self._limits) as judge:
            subject = Subject(repo, facts, policy, judge)
            pass_ = _Pass(self._tools, self._slots, subject, kept, watcher or Watcher())
            results = await pass_.run(wanted, is_quick=is_quick)
        rest = {check.id: _not_run(check, policy) for check in checks}
        return tuple({**rest, **results}[check.id] for check in checks)


class _Pass:
    """One pass over one commit: quick answers and full ones go on side by side."""

    def __init__(
        self,
        tools: GateTools,
        slots: asyncio.Semaphore,
        subject: Subject,
        kept: GateCache,
        watcher: Watcher,
    ) -> None:
        self._tools = tools
        self._slots = slots
        self._subject = subject
        self._kept = kept
        self._watcher = watcher
        self._results: dict[str, CheckResult] = {}
        self._has_quick = asyncio.Event()

    async def run(self, checks: list[Check], *, is_quick: bool) -> dict[str, CheckResult]:
        """Slots are given in the order in which they are asked for."""
        self._find_kept(checks)
        left = [check for check in checks if check.id not in self._results]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._quick(left, checks))
            await asyncio.sleep(0)  # it asks for its slot
            for number, check in enumerate([] if is_quick else _longest_first(left)):
                tasks.create_task(self._full(check, gives_way=number > 0))
        return self._results

    async def _quick(self, left: list[Check], checks: list[Check]) -> None:
        """The quick answers share one slot: the others are for what takes longest."""
        rules = [check for check in left if callable(check.quick)]
        previews = [check for check in left if isinstance(check.quick, Tool)]
        async with self._slots, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._judge(rules))
            for check in previews:
                tasks.create_task(self._preview(check))
        there = tuple(self._results[check.id] for check in checks if check.id in self._results)
        self._has_quick.set()
        full = {result.check for result in there if not result.is_preview}
        waiting = tuple(check.id for check in checks if check.id not in full)
        if waiting:
            await self._watcher.quick(there, waiting)

    def _find_kept(self, checks: Iterable[Check]) -> None:
        for check in checks:
            found = self._kept.find(check)
            if found is not None:
                self._say(check, found)

    async def _judge(self, checks: list[Check]) -> None:
        left = [check for check in checks if not self._said_before(check)]
        for check in left:
            self._watcher.works(check, "")
        results = await self._subject.judge.preview(left)
        for check, result in zip(left, results, strict=True):
            self._answered(check, result)

    def _said_before(self, check: Check) -> bool:
        found = self._kept.find(check, is_preview=True) if check.full else None
        if found is not None:
            self._say(check, found)
        return found is not None

    async def _preview(self, check: Check) -> None:
        assert isinstance(check.quick, Tool)
        found = self._kept.find(check, is_preview=True)
        if found is None:
            found = await self._run_tool(check, check.quick, nullcontext())
            found = replace(found, is_preview=check.full is not None)
        self._answered(check, found)

    async def _full(self, check: Check, *, gives_way: bool) -> None:
        """A pass lasts as long as its longest tool: the others come after the quick answers."""
        assert check.full is not None
        if gives_way:
            await self._has_quick.wait()
        found = await self._run_tool(check, check.full, self._slots, gives_way=gives_way)
        self._answered(check, found)

    async def _run_tool(
        self, check: Check, tool: Tool, slot: Slot, *, gives_way: bool = False
    ) -> CheckResult:
        return await self._tools.answer(
            check, tool, self._subject, self._watcher.works, slot=slot, gives_way=gives_way
        )

    def _answered(self, check: Check, result: CheckResult) -> None:
        self._kept.keep(check, result)
        self._say(check, result)

    def _say(self, check: Check, result: CheckResult) -> None:
        """The result gets the policy's priority. No preview takes the place of a full answer."""
        priority = self._subject.policy.priority(check.id, check.priority)
        result = replace(result, priority=priority)
        known = self._results.get(result.check)
        if known is None or known.is_preview:
            self._results[result.check] = result
            self._watcher.said(result)


def _not_run(check: Check, policy: Policy) -> CheckResult:
    return said(check, Status.NOT_CHECKED, OFF if policy.is_off(check.id) else LATER)


SLOW: Final = ("unit_tests", "lint", "secrets", "libraries", "bandit")


def _longest_first(checks: list[Check]) -> list[Check]:
    """What usually takes longest starts first, so that nothing waits for it at the end."""
    full = [check for check in checks if check.full]
    return sorted(full, key=lambda each: SLOW.index(each.id) if each.id in SLOW else len(SLOW))


def _chosen(only: Collection[str]) -> tuple[Check, ...]:
    names = [check.id for check in CHECKS]
    for name in only:
        if name not in names:
            raise UnknownNameError("check", name, difflib.get_close_matches(name, names, n=2))
    return tuple(check for check in CHECKS if not only or check.id in only)
