"""The process that runs the checks; it reads work from stdin, and the gate may kill it any time.

An error in a check ends this process on purpose: the gate sees which check it was, reports "could
not run", and goes on with the others in a new process.
"""

import resource
import sys
import time
from collections.abc import Iterable
from typing import Final

import msgspec

from core.count import count
from core.gate.checks import (
    Accepted,
    Check,
    CheckResult,
    Finding,
    Found,
    Measure,
    ModelRepo,
    Note,
    Status,
    Tool,
)
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.tools import Output
from workers.gate.checks import CHECKS
from workers.gate.said import said

# A check reports at most this many: nobody reads more, and nothing may flood the ledger.
MAX_FINDINGS: Final = 200
MAX_MEASURES: Final = 20
MAX_TEXT: Final = 400
MAX_NOTE: Final = 2_000
SIZE_BYTES: Final = 8


class CheckWork(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate hands over. ``outputs`` maps a check's id to the output of its tool.

    ``is_preview`` asks a check that has a quick and a full answer for the quick one.
    """

    repo: ModelRepo
    facts: CheckFacts
    checks: tuple[str, ...]
    is_preview: bool
    outputs: dict[str, Output]
    cpu_s: int
    memory_mb: int


def main() -> None:
    """Read pieces of work, each prefixed by its length; write one line of JSON per result."""
    while size := sys.stdin.buffer.read(SIZE_BYTES):
        data = sys.stdin.buffer.read(int.from_bytes(size))
        work = msgspec.msgpack.decode(data, type=CheckWork)
        _limit(work)
        for check in CHECKS:
            if check.id in work.checks:
                result = run(check, work)
                sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
                sys.stdout.buffer.flush()


def run(check: Check, work: CheckWork) -> CheckResult:
    started = time.perf_counter()
    found, reason = list[Found](), ""
    try:
        found = list(_found(check, work))
    except NotCheckedError as error:
        reason = str(error)
    result = _result(check, found, reason)
    seconds = round(time.perf_counter() - started, 4)
    return msgspec.structs.replace(result, seconds=seconds, is_preview=_is_preview(check, work))


def _found(check: Check, work: CheckWork) -> Iterable[Found]:
    repo, facts = check.part(work.repo), work.facts.part(check.asks)
    answer = check.quick if work.is_preview else check.full
    if isinstance(answer, Tool):
        return answer.parse(work.outputs[check.id], repo, facts)
    assert answer is not None
    return answer(repo, facts)


def _is_preview(check: Check, work: CheckWork) -> bool:
    return work.is_preview and check.full is not None


def _result(check: Check, found: list[Found], reason: str) -> CheckResult:
    findings = [_clipped(each) for each in found if isinstance(each, Finding)]
    notes = [reason, *(each.text for each in found if isinstance(each, Note))]
    if len(findings) > MAX_FINDINGS:
        notes.append(f"not shown: {count(len(findings) - MAX_FINDINGS, 'more finding')}")
    status = Status.FOUND if findings else Status.NOT_CHECKED if reason else Status.PASSED
    measures = [each for each in found if isinstance(each, Measure)]
    note = _plain("\n".join(filter(None, notes)), MAX_NOTE)
    return msgspec.structs.replace(
        said(check, status, note),
        findings=tuple(findings[:MAX_FINDINGS]),
        measures=tuple(measures[:MAX_MEASURES]),
        accepted=tuple(map(_plain_accepted, _accepted(found))),
    )


def _accepted(found: list[Found]) -> list[Accepted]:
    return [each for each in found if isinstance(each, Accepted)][:MAX_FINDINGS]


def _plain_accepted(found: Accepted) -> Accepted:
    return msgspec.structs.replace(found, path=_plain(found.path), what=_plain(found.what))


def _clipped(finding: Finding) -> Finding:
    """Shorten and clean a finding: names may be endless or hold a terminal's control codes."""
    return Finding(
        path=_plain(finding.path),
        mend=_plain(finding.mend, MAX_NOTE),  # it may carry a text to send
        wrong=_plain(finding.wrong),
        line=max(0, finding.line),
        rule=_plain(finding.rule),
        is_advice=finding.is_advice,
        gate=finding.gate,
    )


def _plain(text: str, most: int = MAX_TEXT) -> str:
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in short)


def _limit(work: CheckWork) -> None:
    """Limit our own memory and processor time, in case the gate was killed and cannot end us."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + work.cpu_s, most))
    size = work.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
