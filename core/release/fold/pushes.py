"""What pushes and pull requests leave behind besides releases: who pushed, and who asked."""

from collections.abc import Iterable

import msgspec

from core.events.outside import BranchDeleted, CodePushed, PullRequestChanged
from core.release.fold.folds import folds
from core.release.model import Model

replace = msgspec.structs.replace


@folds(PullRequestChanged)
def _pull_request(model: Model, event: PullRequestChanged) -> Model:
    """A merge, a squash or a rebase lands another commit than the head of the source."""
    sources = {event.commit, *event.commits} - {"", event.merge_commit}
    commits = filter(None, (event.merge_commit, *sources))
    creators, landed = _with(model.creators, commits, event.creator), model.landed
    if event.merge_commit and sources:
        all_sources = tuple(sorted({*landed.get(event.merge_commit, ()), *sources}))
        landed = {**landed, event.merge_commit: all_sources}
    return replace(model, creators=creators, landed=landed)


@folds(CodePushed)
def _pushed(model: Model, event: CodePushed) -> Model:
    """Another branch may take an earlier one of its commits, and leave the last."""
    commits = {event.commit, *event.commits}
    return replace(model, pushers=_with(model.pushers, commits, event.pusher))


def _with(
    known: dict[str, tuple[str, ...]], commits: Iterable[str], name: str
) -> dict[str, tuple[str, ...]]:
    new = {commit: tuple(sorted({*known.get(commit, ()), name})) for commit in commits}
    return {**known, **new}


@folds(BranchDeleted)
def _branch_deleted(model: Model, event: BranchDeleted) -> Model:
    pushes = {**model.pushes, event.branch: max(event.push_id, model.pushes.get(event.branch, 0))}
    return replace(model, pushes=pushes)
