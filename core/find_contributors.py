"""Finds who had a hand in a release: git, the reviews, the ledger and the directory are asked.

What git says of two commits never changes and is kept; everything else is asked each time, since a
pull request may come late, an address may be mapped and a person may leave.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from core.accounts import kind_of
from core.context import Context
from core.contributors import MOST_COMMITS, Contributor, Contributors, Part
from core.desk import Mapped
from core.errors import CommitGoneError
from core.people import COMMAND_LINE, Person, folded
from core.ports import Directory, GitHost, Reviews
from core.release.model import Model
from core.release.release import Release
from core.results import Commit
from core.words import Stage

KEPT: Final = 32  # histories, of at most 2,000 commits each

TOO_MANY: Final = (
    "More than {most:,} commits came {since}: too many to say who had a hand in them. Nothing was "
    "decided; `base {model} COMMIT REASON` proposes a commit to count from."
)
GONE: Final = (
    "{error} So nobody can say who had a hand in it; `base {model} COMMIT REASON` proposes a "
    "commit to count from."
)
CUT: Final = (
    "The history is cut off at commit {commit}, as in a shallow clone, so nobody can say who had a "
    "hand in what lies before. Nothing was decided; bring the rest (`git fetch --unshallow`), or "
    "`base {model} COMMIT REASON` proposes a commit to count from."
)

Hands = Mapping[tuple[Part, str], str]  # what somebody did and under which name, to a commit of it


class History(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What git says of the commits behind a base: their ids, and the hands in them."""

    commits: frozenset[str]
    hands: dict[tuple[Part, str], str]
    is_whole: bool
    cut: str = ""  # a commit whose parents are not there


NO_HISTORY: Final = History(commits=frozenset(), hands={}, is_whole=False)


class FindContributors:
    """Call it with a release and the stage that is asked for."""

    def __init__(self, git: GitHost, reviews: Reviews, directory: Directory) -> None:
        self._git = git
        self._reviews = reviews
        self._directory = directory
        self._histories: OrderedDict[tuple[str, str, str], History] = OrderedDict()

    async def __call__(
        self, model: Model, release: Release, stage: Stage, context: Context
    ) -> Contributors:
        """Raise UnavailableError when a system that has to be asked does not answer."""
        base, history, problem = "", NO_HISTORY, ""
        for base in _bases(model, release, stage):
            history, problem = await self._counted(model, release, base)
            if problem or release.commit in history.commits:
                break
        try:
            creators = await self._creators(release.repository, history.commits)
        except CommitGoneError as error:  # since it was read
            creators, problem = {}, problem or GONE.format(error=error, model=_name(model))
        hands = {**_told(model, release, history.commits), **creators, **history.hands}
        if problem and not history.commits:
            return Contributors(base=base, problem=problem)
        found = [each async for each in self._resolved(hands, context)]
        return Contributors(
            base=base, commits=len(history.commits), found=tuple(found), problem=problem
        )

    async def _counted(self, model: Model, release: Release, base: str) -> tuple[History, str]:
        """The history, and what is wrong with it: without its base all of it is looked at."""
        name, problem = _name(model), ""
        try:
            history = await self._history(release.repository, release.commit, base)
            history = await self._with_squashed(model, release.repository, base, history)
        except CommitGoneError as error:
            problem = GONE.format(error=error, model=name)
            history = await self._whole(release)
        if not history.is_whole and not problem:
            since = f"since {base[:10]}" if base else "in all"
            problem = TOO_MANY.format(most=MOST_COMMITS, since=since, model=name)
        if history.cut and not problem:
            problem = CUT.format(commit=history.cut[:10], model=name)
        return history, problem

    async def _whole(self, release: Release) -> History:
        try:
            return await self._history(release.repository, release.commit, "")
        except CommitGoneError:
            return NO_HISTORY

    async def _with_squashed(
        self, model: Model, repository: str, base: str, history: History
    ) -> History:
        """The history and what a squash left behind; what is gone by now tells nothing more."""
        asked: set[str] = set()
        while new := _with_sources(history.commits, model.landed) - history.commits - asked:
            source = min(new)
            asked.add(source)
            with suppress(CommitGoneError):
                history = _joined(history, await self._history(repository, source, base))
        return history

    async def _history(self, repository: str, commit: str, base: str) -> History:
        key = (repository, commit, base)
        known = self._histories.pop(key, None)
        if known is None or known.cut:  # what is cut off may be brought
            known = _history(
                await self._git.commits(repository, commit, base, limit=MOST_COMMITS + 1)
            )
        self._histories[key] = known  # the one used last is the last to go
        while len(self._histories) > KEPT:
            self._histories.popitem(last=False)
        return known

    async def _creators(self, repository: str, commits: Collection[str]) -> Hands:
        found = await self._reviews.pull_request_creators(repository, commits)
        return {(Part.CREATOR, name): commit for commit, names in found.items() for name in names}

    async def _resolved(self, hands: Hands, context: Context) -> AsyncIterator[Contributor]:
        """A trailer is text that anybody writes: it bars whom it names, and stops nothing.

        Somebody answers for a service, whoever said that it is nobody's.
        """
        for (part, name), commit in hands.items():
            people = [person async for person in self._people(name, context)]
            for person in people:
                yield Contributor(
                    name=name, part=part, commit=commit, person=person.id, same_as=person.same_as
                )
            mapped = context.desk.mapped(name)
            if mapped and part is not Part.TRAILER and not await self._directory.known_as(name):
                for each in _mapper(mapped, commit):
                    yield each
            is_nobody = mapped is not None and not mapped.person and not kind_of(name)
            if not people and (is_nobody or part is not Part.TRAILER):
                yield Contributor(name=name, part=part, commit=commit, is_nobody=is_nobody)

    async def _people(self, name: str, context: Context) -> AsyncIterator[Person]:
        """Whom the directory knows by the name, and whom the platform team has mapped it to.

        A build service is the person who answers for it.
        """
        mapped = context.desk.mapped(name)
        names = (name, mapped.person if mapped else "", _answers(name, context))
        for each in dict.fromkeys(filter(None, names)):
            person = await self._directory.known_as(each)
            if person is not None:
                yield person


def _name(model: Model) -> str:
    return model.name or model.stream


def _bases(model: Model, release: Release, stage: Stage) -> Iterator[str]:
    """Since when to count; each further one only when the release lies behind the one before.

    It does where a branch was set back, made again or overtaken. What it has to do with the stage
    then came since the base of when it was asked for before, or since an older placement.
    """
    yield model.bases.get(stage, "")
    for before in reversed(release.promotions.values()):
        if before.stage is stage and before.contributors:
            yield before.contributors.base
    placed = (each for each in model.live() if stage in each.placed)
    older = [each.commit for each in placed if each.number < release.number]
    yield from reversed(older)
    yield ""


def _mapper(mapped: Mapped, commit: str) -> Iterator[Contributor]:
    """Who said it may be whoever it is; at the command line nobody was told apart."""
    by = mapped.by
    if by.identity != COMMAND_LINE:
        yield Contributor(
            name=by.id, part=Part.MAPPER, commit=commit, person=by.id, same_as=by.same_as
        )


def _answers(name: str, context: Context) -> str:
    services = {folded(key): value for key, value in context.policy.build_services.items()}
    return services.get(folded(name), "")


def _history(commits: Collection[Commit]) -> History:
    hands: dict[tuple[Part, str], str] = {}
    for commit in commits:
        for key in _hands(commit):
            hands.setdefault(key, commit.id)
    return History(
        commits=frozenset(commit.id for commit in commits),
        hands=hands,
        is_whole=len(commits) <= MOST_COMMITS,
        cut=next((commit.id for commit in commits if commit.is_cut), ""),
    )


def _joined(one: History, other: History) -> History:
    return History(
        commits=one.commits | other.commits,
        hands={**other.hands, **one.hands},
        is_whole=one.is_whole and other.is_whole,
        cut=one.cut or other.cut,
    )


def _hands(commit: Commit) -> Iterator[tuple[Part, str]]:
    yield Part.AUTHOR, folded(commit.author.email)
    if commit.committer is not None:
        yield Part.COMMITTER, folded(commit.committer.email)
    if commit.pusher:
        yield Part.PUSHER, folded(commit.pusher)
    for named in commit.trailers:
        yield Part.TRAILER, folded(named.email)


def _told(model: Model, release: Release, commits: Collection[str]) -> Hands:
    """What deliveries told: pushes of a contained commit on any branch, and pull requests.

    A squash leaves the commits behind that it is made of, and who pushed those had a hand in it.
    """
    hands = {(Part.PUSHER, folded(release.pusher)): release.commit}
    counted = _with_sources({*commits, release.commit}, model.landed)
    for part, known in ((Part.PUSHER, model.pushers), (Part.CREATOR, model.creators)):
        for commit in known.keys() & counted:
            hands |= {(part, folded(name)): commit for name in known[commit]}
    return hands


def _with_sources(
    commits: Collection[str], landed: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    """The commits, and those that a pull request made into one of them: also one by one."""
    found = new = frozenset(commits)
    while new := frozenset(each for key in landed.keys() & new for each in landed[key]) - found:
        found |= new
    return found
