"""How far a release is: its steps, each with a mark, and one line about the whole gate."""

from collections.abc import Iterator
from typing import Final

from bot.wording import lasting
from core.card import Dated
from core.count import count
from core.gate.checks import CheckResult, Measure, Status
from core.release.model import JUDGED, Model
from core.release.release import Release
from core.release.state import FINAL, State, StepEnd, StepRun, step_key, steps_of
from core.results import Promoted, Ran
from core.words import Stage, Step

DONE, FAILED, RUNS, NEXT = "✓", "✗", "▶", "·"
_MARKS: Final = {
    None: RUNS,
    StepEnd.DONE: DONE,
    StepEnd.FAILED: FAILED,
    StepEnd.BLOCKED: FAILED,
    StepEnd.STUCK: FAILED,
    StepEnd.CANCELLED: NEXT,
}
_WORDS: Final = {
    StepEnd.FAILED: "failed",
    StepEnd.BLOCKED: "found what must be mended",
    StepEnd.STUCK: "got stuck",
    StepEnd.CANCELLED: "was cancelled",
}
ENDED: Final = FINAL | {State.BLOCKED, State.FAILED, State.STUCK}  # nothing comes by itself
SHOWN: Final = (  # of all figures those that say most; the rest is on the release page
    ("unit_tests", "tests"),
    ("unit_tests", "coverage"),
    ("lint", "score"),
)


def rows(release: Release, *, is_passed: bool = False) -> tuple[tuple[str, str], ...]:
    """One row per step for a list of facts: mark and name, then how it went.

    ``is_passed``: a newer one is in production, so that nothing comes by itself any more.
    """
    planned = [(step, Stage.TST) for step in _steps(release)]
    promotions = [(Step.PROMOTE, stage) for stage in JUDGED] if release.is_candidate else []
    to_come = "not reached" if is_passed or release.state in ENDED else "to come"
    return tuple(_row(release, at, to_come) for at in planned + promotions)


def _steps(release: Release) -> tuple[Step, ...]:
    return steps_of(release.model_type) if release.is_candidate else (Step.CHECK,)


def _row(release: Release, at: tuple[Step, Stage], to_come: str) -> tuple[str, str]:
    step, stage = at
    name = f"promote {stage}" if step is Step.PROMOTE else str(step)
    run = release.steps.get(step_key(step, stage))
    if run is None:
        return f"{NEXT} {name}", _not_begun(release, stage, to_come)
    again = f" (attempt {run.attempt})" if run.attempt > 1 else ""
    mark, words = _MARKS[run.ended], _went(run)
    return f"{mark} {name}", Dated(words, again, _in_vain(release, run))


def _not_begun(release: Release, stage: Stage, to_come: str) -> str:
    promotion = release.promotion_to(stage)
    if promotion is None:
        return to_come
    asked = {"": "awaits approval", "rejected": "rejected", "void": "approval void"}
    return asked.get(promotion.outcome, to_come)


def _went(run: StepRun) -> str:
    """How the step went, which nothing changes that comes after it."""
    match run.ended:
        case None:
            return Dated("running since ", run.planned)
        case StepEnd.DONE:
            took = lasting(((run.finished or run.planned) - run.planned).total_seconds())
            return f"done in {took}{_scored(run)}"
    return _WORDS[run.ended]


def _in_vain(release: Release, run: StepRun) -> str:
    """A promotion that somebody gave up, or whose approval has ended, is tried no more."""
    promotion = release.promotion_to(run.stage) if run.step is Step.PROMOTE else None
    is_over = promotion is not None and promotion.outcome == "void"
    return "; its approval has ended" if is_over and run.ended is not StepEnd.DONE else ""


def _scored(run: StepRun) -> str:
    if run.step not in {Step.SCORE, Step.PROMOTE} or not isinstance(run.result, Ran | Promoted):
        return ""
    return f", {count(run.result.rows, 'row')}"


def gate_line(model: Model, release: Release) -> str:
    """The whole gate in one line; it is empty before the gate has said anything."""
    results = release.checks
    if not results:
        return ""
    passed = sum(result.status is Status.PASSED for result in results)
    looked = sum(result.status is not Status.NOT_CHECKED for result in results)
    return " · ".join([f"{passed} of {looked} checks passed", *_figures(model, release)])


def _figures(model: Model, release: Release) -> Iterator[str]:
    before = _measures(_earlier(model, release))
    for key, measure in _measures(release.checks).items():
        if key in SHOWN:
            yield _figure(key[0], measure, before.get(key))


def _figure(check: str, measure: Measure, before: Measure | None) -> str:
    name = measure.name if measure.name != "score" else check
    shown = " ".join(filter(None, (name, f"{measure.value:.4g}", measure.unit)))
    change = measure.value - before.value if before else 0.0
    return f"{shown} ({change:+.3g})" if round(change, 2) else shown


def _measures(results: tuple[CheckResult, ...]) -> dict[tuple[str, str], Measure]:
    return {(found.check, each.name): each for found in results for each in found.measures}


def _earlier(model: Model, release: Release) -> tuple[CheckResult, ...]:
    """What the gate said in the end of the release before this one, on any branch."""
    older = (each for each in model.newest_first() if each.number < release.number)
    return next((each.checked.checks for each in older if each.checked and each.checks), ())
