"""One line about the whole gate: how many checks passed, and the figures with their trend."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import CheckResult, Measure, Status
from core.release.model import Model
from core.release.release import Release

SHOWN: Final = (  # of all figures those that say most; the rest is on the release page
    ("unit_tests", "tests"),
    ("unit_tests", "coverage"),
    ("lint", "score"),
)


def gate_line(model: Model, release: Release) -> str:
    """Nothing before anything was said."""
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
    newest_first = reversed(model.releases.values())
    before = (each.checks for each in newest_first if each.number < release.number)
    return next((checks for checks in before if checks), ())
