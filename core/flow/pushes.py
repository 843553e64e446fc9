"""Pushes, pull requests and deleted branches: open a release, and end those it supersedes."""

from typing import Final

from core.context import Context
from core.events.base import Event
from core.events.derived import ReleaseOpened, ReleaseSuperseded, StepPlanned
from core.events.outside import (
    BranchDeleted,
    CodePushed,
    PullRequestChanged,
    PullRequestHinted,
    PushHinted,
)
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, ignored
from core.jobs import Job, cancel_job, step_job
from core.platform import Repository, canonical_id
from core.release.model import Model
from core.release.release import Release
from core.release.state import RUNNING, State
from core.words import Stage, Step, release_id

UNKNOWN: Final = "unknown repository {id}: bring it on board with `sluss add PATH --team TEAM`"
HINTED: Final = (
    'the subscription sends only "Minimal" details, and nobody was asked for the rest: set '
    '"Resource details to send" to All'
)
STALE: Final = "stale: a newer push to {branch} was seen already"


@decides(CodePushed)
def pushed(model: Model, event: CodePushed, context: Context) -> Decision:
    repository = context.repository
    if repository is None:
        return ignored(event, context, UNKNOWN.format(id=event.repository))
    if _is_stale(model, event):
        return ignored(event, context, STALE.format(branch=event.branch))
    ended = _superseded(model, event, context, by=str(release_id(model.stream, model.next_number)))
    return _open(model, event, context, repository=repository, ended=ended)


@decides(BranchDeleted)
def deleted(model: Model, event: BranchDeleted, context: Context) -> Decision:
    if _is_stale(model, event):
        return ignored(event, context, STALE.format(branch=event.branch))
    ended = _superseded(model, event, context, by=f"the deletion of branch {event.branch}")
    if not ended.events:
        return ignored(event, context, f"branch {event.branch} deleted: nothing was waiting there")
    return ended


@decides(PullRequestChanged)
def pull_request(_model: Model, event: PullRequestChanged, context: Context) -> Decision:
    """Only who opened it matters: that person approves nothing of it."""
    if context.repository is None:
        return ignored(event, context, f"unknown repository {event.repository}")
    return Decision()


@decides(PushHinted)
@decides(PullRequestHinted)
def hinted(_model: Model, event: PushHinted | PullRequestHinted, context: Context) -> Decision:
    """Where the host can be asked it was, and what it said came in the place of the hint."""
    return ignored(event, context, HINTED)


def _is_stale(model: Model, event: CodePushed | BranchDeleted) -> bool:
    """Deliveries come out of order: a late one ends nothing of a branch that was made again.

    Another repository under the same name in platform.yml numbers its pushes anew.
    """
    newest = model.newest()
    if newest is not None and canonical_id(newest.repository) != canonical_id(event.repository):
        return False
    return event.push_id <= model.pushes.get(event.branch, 0)


def _open(
    model: Model, event: CodePushed, context: Context, *, repository: Repository, ended: Decision
) -> Decision:
    release = release_id(model.stream, model.next_number)
    opened = follows(
        event, ReleaseOpened, context,
        release=release, number=model.next_number, repository=event.repository,
        branch=event.branch, commit=event.commit, pusher=event.pusher,
        pusher_name=event.pusher_name, push_id=event.push_id,
        is_candidate=event.branch == repository.release_branch, policy=context.policy.digest,
        team=repository.team,
    )  # fmt: skip
    planned = follows(event, StepPlanned, context, release=release, step=Step.CHECK, attempt=1)
    return Decision(
        events=(*ended.events, opened, planned),
        jobs=(*ended.jobs, step_job(model.stream, release, Step.CHECK, 1, Stage.TST)),
        cards=(*ended.cards, CardRef("release", release)),
    )


def _superseded(
    model: Model, event: CodePushed | BranchDeleted, context: Context, *, by: str
) -> Decision:
    """End the branch's releases that nobody approved yet; what runs for them is cancelled."""
    old = [
        release
        for release in model.live()
        if release.branch == event.branch and not release.is_approved
    ]
    events: list[Event] = []
    jobs: list[Job] = []
    cards: list[CardRef] = []
    for release in old:
        events.append(follows(event, ReleaseSuperseded, context, release=release.id, by=by))
        jobs.extend(_cancel(model, release))
        cards.extend(_cards(release))
    return Decision(events=tuple(events), jobs=tuple(jobs), cards=tuple(cards))


def _cancel(model: Model, release: Release) -> list[Job]:
    run = release.current_step()
    if run is None or run.finished or release.state not in RUNNING:
        return []
    return [cancel_job(model.stream, release.id, run.step, run.attempt, run.stage)]


def _cards(release: Release) -> list[CardRef]:
    """The release's cards lose their buttons, and say why."""
    cards = [CardRef("release", release.id)]
    if release.state is State.AWAITING_ACCEPTANCE:
        cards.append(CardRef("acceptance", release.id))
    promotion = release.open_promotion()
    if promotion is not None:
        cards.append(CardRef("approval", promotion.approval))
    return cards
