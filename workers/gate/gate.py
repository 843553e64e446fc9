"""Runs the checks on one commit, at most one per core at a time, and caches their answers."""

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
    """Is told of the gate's progress; this base class ignores it, subclasses override it."""

    def works(self, check: Check, words: str) -> None:
        """Note that a check has begun, or what it is doing now."""

    def said(self, result: CheckResult) -> None:
        """Note a check's answer; a preview may come before the full one."""

    async def quick(self, results: tuple[CheckResult, ...], waiting: tuple[str, ...]) -> None:
        """Note that every quick answer is there; the checks in ``waiting`` take longer."""


class Gate:
    """Judges commits; a process shares one gate, so that many calls do not overload the cores."""

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

    async def may_run_code(self, policy: Policy) -> bool:
        """Tell whether the code of a repository may run here, shut in as policy asks for it."""
        return await self._tools.may_run_code(policy)

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
        """Return every check's result in the order of the card, with the policy's priorities.

        ``is_quick`` leaves out every tool that takes longer than a moment. Raise UnknownNameError
        when ``only`` names an unknown check.
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
    """One run over one commit, in which quick and full answers are made side by side."""

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
        """Return a result per check; slots are given out in the order in which they are wanted."""
        self._find_kept(checks)
        left = [check for check in checks if check.id not in self._results]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._quick(left, checks))
            await asyncio.sleep(0)  # This lets the quick answers ask for their slot first.
            for number, check in enumerate([] if is_quick else _longest_first(left)):
                tasks.create_task(self._full(check, gives_way=number > 0))
        return self._results

    async def _quick(self, left: list[Check], checks: list[Check]) -> None:
        """Give all quick answers within one slot, which leaves the others to the slow tools."""
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
        """Run a check's full tool.

        The longest one starts at once, as it decides how long the run takes; the others
        (``gives_way``) wait for the quick answers.
        """
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
        """Record a result with the policy's priority; a preview never replaces a full answer."""
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
    """Sort the checks with full answers by usual duration, so that the end waits for none."""
    full = [check for check in checks if check.full]
    return sorted(full, key=lambda each: SLOW.index(each.id) if each.id in SLOW else len(SLOW))


def _chosen(only: Collection[str]) -> tuple[Check, ...]:
    names = [check.id for check in CHECKS]
    for name in only:
        if name not in names:
            raise UnknownNameError("check", name, difflib.get_close_matches(name, names, n=2))
    return tuple(check for check in CHECKS if not only or check.id in only)
