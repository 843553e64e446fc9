"""The gate's word at a commit, in one sentence, from the state of its release."""

from typing import Final

from core.count import count
from core.ports import CommitState, CommitStatus
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
