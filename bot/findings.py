"""The findings of the gate on a card: grouped by check, each with its place and how to mend it."""

from collections.abc import Iterator, Sequence

from bot.elements import code, text
from bot.wording import clipped
from core.card import Element, Tone
from core.count import count
from core.gate.checks import Accepted, CheckResult, Finding, Status
from core.policy import Policy
from core.release.release import Release

SHOWN = 10
NOBODY_KNOWN = "nobody knows who accepted it; ask the team before you decide"
LONGEST = 300  # one finding may quote a parser's whole message


def total(results: Sequence[CheckResult]) -> int:
    """How much is to be mended: a check that could not run counts as one, advice not at all."""
    return sum(result.to_mend for result in results)


def advice(release: Release) -> int:
    """How many hints there are, which block nothing."""
    return sum(finding.is_advice for result in release.checks for finding in result.findings)


def elements(results: Sequence[CheckResult], policy: Policy, elsewhere: str) -> Iterator[Element]:
    """``elsewhere`` says at the end of a sentence where those are that have no room here."""
    left = SHOWN
    for result in results:
        if left <= 0:
            break
        yield text(f"{result.check} ({_about(result, policy)}): {result.title}", is_bold=True)
        if result.status is Status.COULD_NOT_RUN:
            yield text(f"could not run: {clipped(result.note, LONGEST)}", Tone.WARN)
        found = [finding for finding in result.findings if not finding.is_advice]
        for finding in found[:left]:
            yield from _finding(finding)
        left -= result.to_mend
    hidden = total(results) - SHOWN
    if hidden > 0:
        yield text(f"and {count(hidden, 'finding')} more{elsewhere}", Tone.SUBTLE)


def _about(result: CheckResult, policy: Policy) -> str:
    gate = policy.blocked_gate(result)
    blocks = "warns" if not gate else f"blocks {'the run' if gate == 'run' else gate}"
    return f"priority {result.priority}, {result.owner}, {blocks}"


def _finding(finding: Finding) -> Iterator[Element]:
    yield code(finding.place())
    wrong = f"{clipped(finding.wrong, LONGEST)}: " if finding.wrong else ""
    yield text(f"{wrong}{clipped(finding.mend, LONGEST)}")


def accepted(release: Release) -> Iterator[Element]:
    """Warn of what the repository itself calls harmless: its author alone was the judge."""
    found = [each for result in release.checks for each in result.accepted]
    if not found:
        return
    title = f"{count(len(found), 'secret')} accepted as a false alarm by the repository itself"
    yield text(title, Tone.WARN, is_bold=True)
    for each in found[:SHOWN]:
        place = f"{each.path}:{each.line}" if each.line else each.path
        yield text(f"{clipped(place, LONGEST)} ({each.what}): {_acceptor(each)}", Tone.WARN)
    if len(found) > SHOWN:
        yield text(f"and {len(found) - SHOWN} more", Tone.WARN)


def _acceptor(found: Accepted) -> str:
    if not found.by:
        return NOBODY_KNOWN
    return f"accepted by {found.by} on {found.at}, commit {found.commit[:12]}"
