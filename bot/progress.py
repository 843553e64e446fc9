"""How far a release is: its steps, each with a mark, and one line about the whole gate."""

from collections.abc import Iterator
from typing import Final

from bot.wording import count, lasting
from core.card import Dated
from core.gate.checks import CheckResult, Measure, Status
from core.release.model import JUDGED, Model
from core.release.release import Release
from core.release.state import FINAL, RUNNING, State, StepRun, step_key, steps_of
from core.results import Failed, Promoted, Ran
from core.words import Stage, Step

DONE, FAILED, RUNS, NEXT = "✓", "✗", "▶", "·"
SHOWN: Final = (  # of all figures those that say most; the rest is on the release page
    ("unit_tests", "tests"),
    ("unit_tests", "coverage"),
    ("lint", "score"),
)


def rows(release: Release) -> tuple[tuple[str, str], ...]:
    """One row per step for a list of facts: mark and name, then how it went."""
    planned = [(step, Stage.TST) for step in _steps(release)]
    promotions = [(Step.PROMOTE, stage) for stage in JUDGED] if release.is_candidate else []
    return tuple(_row(release, step, stage) for step, stage in planned + promotions)


def _steps(release: Release) -> tuple[Step, ...]:
    return steps_of(release.model_type) if release.is_candidate else (Step.CHECK,)


def _row(release: Release, step: Step, stage: Stage) -> tuple[str, str]:
    name = f"promote {stage}" if step is Step.PROMOTE else str(step)
    run = release.steps.get(step_key(step, stage))
    if run is None:
        return f"{NEXT} {name}", "not reached" if release.state in FINAL else _waiting(
            release, stage
        )
    mark, words = _went(release, run)
    again = f" (attempt {run.attempt})" if run.attempt > 1 else ""
    return f"{mark} {name}", Dated(words, again)


def _waiting(release: Release, stage: Stage) -> str:
    promotion = release.promotion_to(stage)
    if promotion is None:
        return "to come"
    return {"": "awaits approval", "rejected": "rejected", "void": "approval void"}.get(
        promotion.outcome, "to come"
    )


def _went(release: Release, run: StepRun) -> tuple[str, str]:
    if run.finished is None:
        return _unfinished(release, run)
    is_refused = release.state is State.FAILED and run is release.current_step()
    if isinstance(run.result, Failed) or is_refused:
        return FAILED, "failed"
    if run.step is Step.CHECK and release.state is State.BLOCKED:
        return FAILED, "found what must be mended"
    took = lasting((run.finished - run.planned).total_seconds())
    return DONE, f"done in {took}{_scored(run)}"


def _unfinished(release: Release, run: StepRun) -> tuple[str, str]:
    if release.state in RUNNING:
        return RUNS, Dated("running since ", run.planned)
    if release.state is State.STUCK:
        return FAILED, Dated("stuck since ", release.changed)
    return NEXT, "was cancelled"


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
    """What the gate said of the release before this one, on any branch."""
    before = (each.checks for each in model.newest_first() if each.number < release.number)
    return next((checks for checks in before if checks), ())
