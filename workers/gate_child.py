"""The process that runs the checks: it reads a repository from stdin and may be killed any time.

An error in a check ends this process on purpose: the gate sees which check it was, says "could not
run", and goes on with the others in a new process.
"""

import resource
import sys
import time
from typing import Final

import msgspec

from core.checks import Check, CheckResult, Facts, Finding, ModelRepo, NotCheckedError, Status
from workers.checks import CHECKS

MAX_FINDINGS: Final = 200  # of one check: nobody reads more, and nothing may flood the ledger
MAX_TEXT: Final = 400


class Work(msgspec.Struct, frozen=True):
    """What the gate hands over."""

    repo: ModelRepo
    facts: Facts
    checks: tuple[str, ...]
    cpu_s: int
    memory_mb: int


def main() -> None:
    work = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Work)
    _limit(work)
    for check in CHECKS:
        if check.id in work.checks:
            result = run(check, work.repo, work.facts)
            sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
            sys.stdout.buffer.flush()


def run(check: Check, repo: ModelRepo, facts: Facts) -> CheckResult:
    started = time.perf_counter()
    note, found = "", list[Finding]()
    try:
        found = [_clipped(finding) for finding in check(repo, facts)]
        status = Status.FOUND if found else Status.PASSED
    except NotCheckedError as error:
        status, note = Status.NOT_CHECKED, str(error)
    if len(found) > MAX_FINDINGS:
        note = f"{len(found) - MAX_FINDINGS} more findings are not shown"
    return CheckResult(
        check=check.id,
        title=check.title,
        owner=check.owner,
        priority=check.priority,
        status=status,
        findings=tuple(found[:MAX_FINDINGS]),
        note=note,
        seconds=round(time.perf_counter() - started, 4),
    )


def _clipped(finding: Finding) -> Finding:
    """Names in a repository may be endless, or move the cursor of a terminal."""
    return Finding(
        _plain(finding.path), _plain(finding.mend), _plain(finding.wrong), max(0, finding.line)
    )


def _plain(text: str) -> str:
    short = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
    return "".join(char if char.isprintable() else "�" for char in short)


def _limit(work: Work) -> None:
    """A second fence: the gate kills us earlier, unless it was killed itself."""
    resource.setrlimit(resource.RLIMIT_CPU, (work.cpu_s, work.cpu_s + 1))
    size = work.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
