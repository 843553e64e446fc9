"""What the state keeps of a release that is final: champion, history, trends and four eyes.

Its findings, notes and logs are in the ledger and in the gate's report; ``Ledger.release`` brings
them back for a card or a page.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

import msgspec

from core.events.base import Event
from core.gate.checks import CheckResult
from core.release.fold import folded
from core.release.fold.folds import touched
from core.release.model import Model
from core.release.packed import joined
from core.release.release import Release
from core.release.state import StepRun
from core.results import Checked, Ran
from core.words import BlobId, Step

replace = msgspec.structs.replace
AT_ONCE: Final = 100  # events: a long stream is made slim on the way, and never stands there whole


def grown(model: Model, events: Iterable[Event]) -> Model:
    """The state after the events, in which every final release is slim."""
    left = iter(events)
    while some := tuple(islice(left, AT_ONCE)):
        model = _with_slim(folded(model, some), some)
    return model


def slim(release: Release) -> Release:
    """Leave out what nobody asks of a final release; before an event or after it is the same."""
    if not release.is_final:
        return release
    checked, left = release.checked, _unfinished(release)
    has_version = release.registered is not None or Step.REGISTER in left
    return replace(
        release,
        steps=left,
        checked=_checked(checked, has_version=has_version) if checked else None,
        quick=_measured(release.quick),
        waiting=(),
        ran={step: _ran(ran) for step, ran in release.ran.items()},
    )


def _with_slim(model: Model, events: Iterable[Event]) -> Model:
    found = (model.releases[key] for key in touched(events) if key in model.releases)
    slimmed = {release.id: slim(release) for release in found if release.is_final}
    return replace(model, releases=joined(model.releases, slimmed)) if slimmed else model


def _unfinished(release: Release) -> dict[str, StepRun]:
    """Runs without an end stay, as their late results are still noted."""
    runs = release.steps.items()
    return {key: replace(run, note="") for key, run in runs if run.finished is None}


def _checked(checked: Checked, *, has_version: bool) -> Checked:
    """A version may come to hold a stage, and is then what others are compared with.

    While it is being registered, too: the late result is still noted.
    """
    return replace(
        checked,
        checks=_measured(checked.checks),
        variables=checked.variables if has_version else {},
        libraries=checked.libraries if has_version else (),
        report=BlobId(""),
        reports={},
    )


def _measured(checks: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """The figures that the next release is compared with; one check stays as a sign of the gate."""
    figures = tuple(found for found in checks if found.measures) or checks[:1]
    return tuple(
        CheckResult(
            check=found.check,
            title="",
            owner="",
            priority=found.priority,
            status=found.status,
            measures=found.measures,
        )
        for found in figures
    )


def _ran(ran: Ran) -> Ran:
    return Ran(run=ran.run, data_fingerprint=ran.data_fingerprint, metrics=ran.metrics)
