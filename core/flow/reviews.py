"""What the host of git is told of a release is asked for when the gate, or a pull request, moved.

It is shown by a job of its own, which reads the newest state: a host that is down delays nothing.
"""

from collections.abc import Iterable, Iterator

from core.events.base import Event
from core.events.derived import ReleaseStuck, ReleaseSuperseded
from core.events.outside import PullRequestChanged
from core.events.workers import ChecksReported, StepFinished
from core.jobs import ShowReview
from core.platform import canonical_id
from core.release.model import Model
from core.release.release import Release
from core.words import ReleaseId, Step


def looks(model: Model, events: Iterable[Event]) -> Iterator[ShowReview]:
    """One look for each event that moved it; the first event has the id that all others follow."""
    for event in events:
        release = _told_of(model, event)
        if release is not None:
            yield ShowReview(id=f"review/{event.id}", stream=model.stream, release=release.id)


def _told_of(model: Model, event: Event) -> Release | None:
    match event:
        case ChecksReported() | StepFinished(step=Step.CHECK):
            return model.releases.get(event.release)
        case ReleaseSuperseded() | ReleaseStuck():
            release = model.releases.get(event.release)
            return release if release is not None and _waits_for_gate(release) else None
        case PullRequestChanged() if event.commit:
            return newest_of(model, event.repository, event.commit)
    return None


def _waits_for_gate(release: Release) -> bool:
    run = release.steps.get(Step.CHECK)
    return run is not None and run.finished is None


def newest_of(model: Model, repository: str, commit: str) -> Release | None:
    """Return the newest release of a commit: of several the gate's last word counts."""
    wanted = canonical_id(repository)
    asked = (release for release in model.newest_first() if release.commit == commit)
    return next((release for release in asked if canonical_id(release.repository) == wanted), None)


def shown_instead(model: Model, release: ReleaseId) -> Release | None:
    """Return the release whose answer stands at this one's commit; None for an unknown one."""
    known = model.releases.get(release)
    return known and newest_of(model, known.repository, known.commit)
