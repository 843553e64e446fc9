"""A repository, its people and what they might do in any order, with the truth noted beside it.

The truth is told from what was done, by nothing of the product: who wrote, committed and pushed
each commit, who opened its pull request, who accepted, asked and had a run tried again.
"""

from datetime import UTC, datetime

import msgspec

from adapters.local_files.people import PeopleFile
from core.context import Context
from core.counted_change import release_change
from core.events.derived import PromotionApproved, StagePlaced
from core.events.outside import PullRequestChanged
from core.find_contributors import FindContributors
from core.people import Person
from core.policy import Policy
from core.ports import BringingPullRequest
from core.results import Author, Commit, Failed
from core.words import PersonId, Stage, Step
from tests.core.flow.test_states import good
from tests.core.story import Story

NOW = datetime(2026, 11, 30, tzinfo=UTC)
NAMES = ("ada", "ben", "eve", "una", "zoe")
PEOPLE = tuple(
    Person(
        id=PersonId(name), name=name.title(), emails=(f"{name}@bank.example",),
        groups=frozenset({"credit", "approvers"}), accounts=(f"BANK\\{name}",),
        same_as=tuple(PersonId(other) for other in ("una", "zoe") if name in {"una", "zoe"} - {other}),
    )
    for name in NAMES
)  # fmt: skip
HUMANS = {"una": "una and zoe", "zoe": "una and zoe"}  # two accounts of one human
SERVICE = "Build\\2f3d611a-f012-4b39-b157-8db63f380226"
ANSWERS = "eve"  # for what the service does
PUSHES = frozenset({"push", "push_elsewhere", "push_by_service", "merge", "squash"})
ACTIONS = (
    "push", "push_elsewhere", "push_by_service", "merge", "squash", "pull_request", "finish", "finish", "finish", "fail",
    "accept", "request", "request_again", "approve", "reject", "retry", "by_hand",
)  # fmt: skip


def _at_once(asked):
    """Nothing is waited for here: a loop for each question would take most of the time."""
    try:
        asked.send(None)
    except StopIteration as answer:
        return answer.value
    raise AssertionError("something was waited for")


def human(name: str) -> str:
    return HUMANS.get(name, name)


def account(name: str, number: int) -> str:
    """One of the names under which the host knows somebody."""
    return (f"{name}@bank.example", f"{name}@BANK.example".upper(), f"bank\\{name}")[number % 3]


class History:
    """The git host and its reviews: commits in a line, and those of a branch that is merged."""

    def __init__(self) -> None:
        self.line: list[Commit] = []
        self.branch: list[Commit] = []
        self.squashed: list[list[Commit]] = []
        self.opened: dict[str, tuple[BringingPullRequest, ...]] = {}

    def commit(self, number: int, author: str, committer: str) -> Commit:
        return Commit(
            id=f"{number:040x}", subject="x",
            author=Author(f"{author}@bank.example", author),
            committer=Author(f"{committer}@bank.example", committer),
        )  # fmt: skip

    def before(self, commit: str) -> list[Commit]:
        for several in (self.line, *self.squashed):
            ids = [each.id for each in several]
            if commit in ids:
                return several[: ids.index(commit) + 1]
        return list(self.branch)

    async def commits(self, _repository, commit, since="", *, limit=0):
        known = {each.id for each in self.before(since)} if since else set()
        found = [each for each in reversed(self.before(commit)) if each.id not in known]
        return tuple(found[:limit] if limit else found)

    async def pull_requests_of(self, _repository, commits):
        return {commit: self.opened[commit] for commit in commits if commit in self.opened}


class Walk:
    """One stream: ``did`` maps a commit to the humans who had a hand in it."""

    def __init__(self) -> None:
        self.story = Story(policy=Policy(build_services={SERVICE: ANSWERS}))
        self.git = History()
        self.find = FindContributors(self.git, self.git, PeopleFile(PEOPLE))
        self.did: dict[str, set[str]] = {}
        self.number = 0
        self.asked: dict[str, set[str]] = {}  # release to who asked, accepted or had it retried
        self.problems: list[str] = []

    def step(self, action: str, one: Person, other: Person) -> None:  # noqa: C901, PLR0912
        """Do one thing that somebody might do now; most are refused in most states."""
        self.number += 1
        story = self.story
        if action in PUSHES or not story.model.releases:
            self._push(action, one, other)
            return
        release, run = story.release, story.release.current_step()
        stage = (Stage.QA, Stage.PROD)[self.number % 2]
        match action:
            case "pull_request":
                self._pull_request(one)
            case "finish":
                self._tell(lambda: story.finish(run.step, good(run), stage=run.stage))
            case "fail":
                story.finish(run.step, Failed(reason="no"), stage=run.stage)
            case "accept":
                story.accept(one)
                self._note(release.id, one, done="ReleaseAccepted")
            case "request" | "request_again":
                self._count(stage)
                story.request(stage, one)
                self._note(release.id, one, done="PromotionRequested")
            case "approve" | "reject":
                self._approve(one, yes=action == "approve")
            case "retry":
                story.retry(one)
                if run.step in {Step.TRAIN, Step.SCORE, Step.EVALUATE}:
                    self._note(release.id, one, done="StepPlanned")
            case "by_hand":
                story.observe(**{stage: "1"})

    def _push(self, action: str, pusher: Person, author: Person) -> None:
        branch = "topic" if action == "push_elsewhere" else "main"
        committer = author if action == "push_by_service" else pusher
        commit = self.git.commit(self.number, author.id, committer.id)
        if action == "merge":
            self.git.line += self.git.branch
            self.git.branch = []
        (self.git.branch if branch == "topic" else self.git.line).append(commit)
        if action == "push_by_service":
            self._did(commit, ANSWERS, author.id)
            self.story.push(self.number, branch, SERVICE)
            return
        self._did(commit, pusher.id, author.id)
        if action == "squash" and self.git.branch:
            self._squash(commit, author)
        self.story.push(self.number, branch, account(pusher.id, self.number))

    def _did(self, commit: Commit, *names: str) -> None:
        self.did.setdefault(commit.id, set()).update(map(human, names))

    def _squash(self, commit: Commit, creator: Person) -> None:
        """No delivery tells of it, and its branch is deleted: the host alone remembers."""
        branch, self.git.branch = self.git.branch, []
        self.git.squashed.append(branch)
        self._did(commit, *(name for each in branch for name in self.did[each.id]))
        opened = BringingPullRequest(
            creator=account(creator.id, self.number), source=branch[-1].id, landed=commit.id
        )
        for each in (commit, *branch):
            self.git.opened[each.id] = (opened,)

    def _pull_request(self, creator: Person) -> None:
        commit = self.story.release.commit
        self.did[commit].add(human(creator.id))
        self.story.tell(
            PullRequestChanged(
                id=f"pr/{self.number}", time=NOW, repository="r1", pull_request=self.number,
                creator=f"{creator.id}@bank.example", source_branch="x", target_branch="main",
                merge_commit=commit, status="completed",
            )
        )  # fmt: skip

    def _approve(self, person: Person, *, yes: bool) -> None:
        promotion = self.story.release.open_promotion()
        if promotion is not None:
            self._count(promotion.stage)
        self.story.approve(person, yes=yes)
        approved = [e for e in self.story.decision.events if isinstance(e, PromotionApproved)]
        for event in approved:
            if human(event.by.id) in self.barred(event.stage):
                self.problems.append(f"{event.by.id} approved {event.release} for {event.stage}")

    def _tell(self, happen) -> None:
        happen()
        for event in self.story.decision.events:
            if isinstance(event, StagePlaced) and not self._was_approved(event):
                self.problems.append(f"{event.release} was placed on {event.stage} unapproved")

    def _was_approved(self, placed: StagePlaced) -> bool:
        ends = [
            kind
            for kind in map(_said, self.story.events, [placed] * len(self.story.events))
            if kind
        ]
        return bool(ends) and ends[-1] == "PromotionApproved"

    def _count(self, stage: Stage) -> None:
        story = self.story
        context = Context(now=NOW, policy=story.policy)
        found = self.find(release_change(story.model, story.release, stage), context)
        story.contributors = _at_once(found)

    def _note(self, release: str, person: Person, *, done: str) -> None:
        if done in self.story.derived:
            self.asked.setdefault(release, set()).add(human(person.id))

    def barred(self, stage: Stage) -> set[str]:
        """Who had a hand in the newest release since what an approval placed on the stage."""
        release = self.story.release
        placed = [
            event for event in self.story.events
            if isinstance(event, StagePlaced) and event.stage is stage
        ]  # fmt: skip
        base = self.story.model.releases[placed[-1].release].commit if placed else ""
        before = {each.id for each in self.git.before(base)} if base else set()
        commits = {each.id for each in self.git.before(release.commit)} - before
        hands = [self.did.get(commit, set()) for commit in {*commits, release.commit}]
        return set().union(*hands, self.asked.get(release.id, set()))


def _said(event, placed: StagePlaced) -> str:
    kind = type(event).__name__
    about = (getattr(event, "release", ""), getattr(event, "stage", ""))
    wanted = kind.startswith(("PromotionApproved", "PromotionRejected", "ApprovalVoided"))
    return kind if wanted and about == (placed.release, placed.stage) else ""


def plain(story: Story):
    """The state without what counts events: what a refused event may not change."""
    holders = {
        stage: msgspec.structs.replace(holder, noted=0)
        for stage, holder in story.model.holders.items()
    }
    return msgspec.structs.replace(story.model, version=0, holders=holders)
