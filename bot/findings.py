"""The findings of the gate on a card: grouped by check, each with its place and how to mend it."""

from collections.abc import Iterator, Sequence

from bot.elements import code, text
from bot.wording import clipped, count
from core.card import Element, Tone
from core.checks import CheckResult, Finding, Status
from core.policy import Policy
from core.release import Release

SHOWN = 10
LONGEST = 300  # one finding may quote a parser's whole message


def open_checks(release: Release, policy: Policy) -> tuple[CheckResult, ...]:
    """What found something or could not run, the required ones first."""
    results = release.checked.checks if release.checked else ()
    found = (result for result in results if result.is_open and not policy.is_off(result.check))
    return tuple(sorted(found, key=lambda result: result.priority))


def total(results: Sequence[CheckResult]) -> int:
    """A check that could not run counts as one."""
    return sum(max(1, len(result.findings)) for result in results)


def elements(results: Sequence[CheckResult]) -> Iterator[Element]:
    left = SHOWN
    for result in results:
        if left <= 0:
            break
        who = f"priority {result.priority}, {result.owner}"
        yield text(f"{result.check} ({who}): {result.title}", is_bold=True)
        if result.status is Status.COULD_NOT_RUN or not result.findings:
            yield text(f"could not run: {clipped(result.note, LONGEST)}", Tone.WARN)
        for finding in result.findings[:left]:
            yield from _finding(finding)
        left -= max(1, len(result.findings))
    hidden = total(results) - SHOWN
    if hidden > 0:
        yield text(f"and {count(hidden, 'finding')} more on the release page", Tone.SUBTLE)


def _finding(finding: Finding) -> Iterator[Element]:
    yield code(finding.place())
    wrong = f"{clipped(finding.wrong, LONGEST)}: " if finding.wrong else ""
    yield text(f"{wrong}{clipped(finding.mend, LONGEST)}")
