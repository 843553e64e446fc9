"""The gate's words at a commit: one sentence for all of it, and what to mend at each place."""

from collections.abc import Iterator
from typing import Final

from core.count import count
from core.gate.checks import CheckResult, Finding, Status
from core.policy import Policy
from core.ports import CommitState, CommitStatus, Remark
from core.reading import open_checks
from core.release.release import Release
from core.release.state import State
from core.results import Checked, Failed
from core.words import Step

PASSED: Final = "The gate found nothing to mend."
FOUND: Final = "The gate has {findings}."
RUNS: Final = "The gate runs; no check has answered yet."
NOTHING_YET: Final = "{answered} found nothing; {waiting}."
FOUND_SO_FAR: Final = "The gate has {findings} so far; {waiting}."
SUPERSEDED: Final = "The gate was ended before it had answered: a newer push took its place."
NOT_RUN: Final = "The gate could not be run: {reason}"
STUCK: Final = "The gate is stuck. The platform team has its dead letter, and it can be retried."
LONGEST: Final = 250  # letters of a reason: hosts show one line
SAYS: Final = "{what} ({check}, priority {priority}, {owner}, {blocks})"
COULD_NOT_RUN: Final = "{title}: this could not be checked: {note}"


def gate_status(release: Release, url: str) -> CommitStatus:
    """Return it as it is now: what is to be mended fails at once, though other checks still run."""
    state, text = _word(release)
    return CommitStatus(state=state, text=text, url=url)


def _word(release: Release) -> tuple[CommitState, str]:
    run = release.steps.get(Step.CHECK)
    match run.result if run else None:
        case Checked():
            return _answered(_to_mend(release))
        case Failed(reason=reason):
            return CommitState.FAILED, NOT_RUN.format(reason=" ".join(reason.split()))[:LONGEST]
    if release.state is State.SUPERSEDED:
        return CommitState.NOT_APPLICABLE, SUPERSEDED
    if release.state is State.STUCK:
        return CommitState.FAILED, STUCK
    return _so_far(release)


def _answered(to_mend: int) -> tuple[CommitState, str]:
    if not to_mend:
        return CommitState.SUCCEEDED, PASSED
    return CommitState.FAILED, FOUND.format(findings=count(to_mend, "finding"))


def _so_far(release: Release) -> tuple[CommitState, str]:
    if not release.quick:
        return CommitState.PENDING, RUNS
    running, to_mend = len(release.waiting), _to_mend(release)
    waiting = f"{count(running, 'check')} still {'runs' if running == 1 else 'run'}"
    if to_mend:
        found = FOUND_SO_FAR.format(findings=count(to_mend, "finding"), waiting=waiting)
        return CommitState.FAILED, found
    answered = count(len(release.quick), "quick check")
    return CommitState.PENDING, NOTHING_YET.format(answered=answered, waiting=waiting)


def _to_mend(release: Release) -> int:
    return sum(result.to_mend for result in release.checks)


def remarks_of(release: Release, policy: Policy) -> tuple[Remark, ...]:
    """Return a remark for each place; advice is on the card and in the reports alone."""
    places: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for result, finding in _gravest_first(release, policy):
        line = _words(result, finding, policy)
        places.setdefault((finding.path, finding.line), []).append((result.check, line))
    return tuple(
        Remark(
            text="\n".join(line for _, line in said),
            path=path,
            line=line,
            about=tuple(check for check, _ in said),
        )
        for (path, line), said in places.items()
    )


def _gravest_first(release: Release, policy: Policy) -> Iterator[tuple[CheckResult, Finding]]:
    def gravity(result: CheckResult) -> tuple[int, bool]:
        return result.priority, not policy.blocked_gate(result)

    for result in sorted(open_checks(release, policy), key=gravity):
        if result.status is Status.COULD_NOT_RUN:
            says = COULD_NOT_RUN.format(title=result.title, note=result.note)
            yield result, Finding(path="", mend=says)
            continue
        yield from ((result, each) for each in result.findings if not each.is_advice)


def _words(result: CheckResult, finding: Finding, policy: Policy) -> str:
    gate = policy.blocked_gate(result)
    return SAYS.format(
        what=" ".join(finding.describe().split()),
        check=result.check,
        priority=result.priority,
        owner=result.owner,
        blocks="warns" if not gate else f"blocks {'the run' if gate == 'run' else gate}",
    )
