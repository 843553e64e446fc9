"""What pushes and pull requests leave behind besides releases."""

import msgspec

from core.events.outside import BranchDeleted, PullRequestChanged
from core.release.fold.folds import folds
from core.release.model import Model

replace = msgspec.structs.replace


@folds(PullRequestChanged)
def _pull_request(model: Model, event: PullRequestChanged) -> Model:
    creators = {*model.creators.get(event.commit, ()), event.creator}
    return replace(model, creators={**model.creators, event.commit: tuple(sorted(creators))})


@folds(BranchDeleted)
def _branch_deleted(model: Model, event: BranchDeleted) -> Model:
    pushes = {**model.pushes, event.branch: max(event.push_id, model.pushes.get(event.branch, 0))}
    return replace(model, pushes=pushes)
