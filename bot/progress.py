"""The steps of a release from check to production, each with a tick, a cross or a dot."""

from datetime import datetime

from bot.wording import count, lasting, moment
from core.release.release import Release
from core.release.state import FINAL, RUNNING, State, StepRun, step_key, steps_of
from core.results import Failed, Promoted, Ran
from core.words import Stage, Step

DONE, FAILED, RUNS, NEXT = "✓", "✗", "▶", "·"
STAGES = (Stage.QA, Stage.PROD)


def rows(release: Release, now: datetime) -> tuple[tuple[str, str], ...]:
    """One row per step for a list of facts: mark and name, then how it went."""
    planned = [(step, Stage.TST) for step in _steps(release)]
    promotions = [(Step.PROMOTE, stage) for stage in STAGES] if release.is_candidate else []
    return tuple(_row(release, step, stage, now) for step, stage in planned + promotions)


def _steps(release: Release) -> tuple[Step, ...]:
    return steps_of(release.model_type) if release.is_candidate else (Step.CHECK,)


def _row(release: Release, step: Step, stage: Stage, now: datetime) -> tuple[str, str]:
    name = f"promote {stage}" if step is Step.PROMOTE else str(step)
    run = release.steps.get(step_key(step, stage))
    if run is None:
        return f"{NEXT} {name}", "not reached" if release.state in FINAL else _waiting(
            release, stage
        )
    mark, words = _went(release, run, now)
    again = f" (attempt {run.attempt})" if run.attempt > 1 else ""
    return f"{mark} {name}", f"{words}{again}"


def _waiting(release: Release, stage: Stage) -> str:
    promotion = release.promotions.get(stage)
    if promotion is None:
        return "to come"
    return {"": "awaits approval", "rejected": "rejected", "void": "approval void"}.get(
        promotion.outcome, "to come"
    )


def _went(release: Release, run: StepRun, now: datetime) -> tuple[str, str]:
    if run.finished is None:
        return _unfinished(release, run, now)
    if isinstance(run.result, Failed):
        return FAILED, "failed"
    if run.step is Step.CHECK and release.state is State.BLOCKED:
        return FAILED, "found what must be mended"
    took = lasting((run.finished - run.planned).total_seconds())
    return DONE, f"done in {took}{_scored(run)}"


def _unfinished(release: Release, run: StepRun, now: datetime) -> tuple[str, str]:
    if release.state in RUNNING:
        return RUNS, f"running since {moment(run.planned, now)}"
    if release.state is State.STUCK:
        return FAILED, f"stuck since {moment(release.changed, now)}"
    return NEXT, "was cancelled"


def _scored(run: StepRun) -> str:
    if run.step not in {Step.SCORE, Step.PROMOTE} or not isinstance(run.result, Ran | Promoted):
        return ""
    return f", {count(run.result.rows, 'row')}"
