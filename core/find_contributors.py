"""Finds who had a hand in a change: git, the reviews, the ledger and the directory are asked.

What git says of two commits never changes and is kept; everything else is asked each time, since a
pull request may come late, an address may be mapped and a person may leave.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final

import msgspec

from core.accounts import kind_of
from core.context import Context
from core.contributors import MOST_COMMITS, Contributor, Contributors, Part
from core.counted_change import CountedChange, Hands
from core.desk import Mapped
from core.errors import CommitGoneError
from core.people import COMMAND_LINE, Person, folded
from core.ports import BringingPullRequest, Directory, GitHost, Reviews
from core.release.model import Model
from core.results import Commit

KEPT: Final = 64_000  # commits of histories: many are those of one squashed branch

TOO_MANY: Final = (
    "More than {most:,} commits came {since}: too many to say who had a hand in them. Nothing was "
    "decided; {way_out}."
)
GONE: Final = "{error} So nobody can say who had a hand in it; {way_out}."
CUT: Final = (
    "The history is cut off at commit {commit}, as in a shallow clone, so nobody can say who had a "
    "hand in what lies before. Nothing was decided; bring the rest (`git fetch --unshallow`), or "
    "{way_out}."
)

Landed = Mapping[str, tuple[str, ...]]  # the commits that a pull request has made into this one
Bringing = Mapping[str, tuple[BringingPullRequest, ...]]


class History(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What git says of the commits behind a base: their ids, and the hands in them."""

    commits: frozenset[str]
    hands: dict[tuple[Part, str], str]
    is_whole: bool
    cut: str = ""  # a commit whose parents are not there


NO_HISTORY: Final = History(commits=frozenset(), hands={}, is_whole=False)


class FindContributors:
    """Call it with a change, and the world that it is decided about in."""

    def __init__(self, git: GitHost, reviews: Reviews, directory: Directory) -> None:
        self._git = git
        self._reviews = reviews
        self._directory = directory
        self._histories: OrderedDict[tuple[str, str, str], History] = OrderedDict()

    async def __call__(self, change: CountedChange, context: Context) -> Contributors:
        """Raise UnavailableError when a system that has to be asked does not answer."""
        base, history, problem = "", NO_HISTORY, ""
        for base in change.bases:
            history, problem = await self._counted(change, base)
            if problem or change.commit in history.commits:
                break
        told = _told(change.model, change.commit, history.commits)
        hands = {**change.told, **told, **history.hands}
        if problem and not history.commits:
            return Contributors(base=base, problem=problem)
        found = [each async for each in self._resolved(hands, context)]
        return Contributors(
            base=base, commits=len(history.commits), found=tuple(found), problem=problem
        )

    async def _counted(self, change: CountedChange, base: str) -> tuple[History, str]:
        """The history, and what is wrong with it: without its base all of it is looked at."""
        problem, way_out = "", change.way_out
        try:
            history = await self._history(change.repository, change.commit, base)
        except CommitGoneError as error:
            problem = GONE.format(error=error, way_out=way_out)
            base, history = "", await self._whole(change)
        history, gone = await self._with_pull_requests(change, base, history)
        problem = problem or gone
        if not history.is_whole and not problem:
            since = f"since {base[:10]}" if base else "in all"
            problem = TOO_MANY.format(most=MOST_COMMITS, since=since, way_out=way_out)
        if history.cut and not problem:
            problem = CUT.format(commit=history.cut[:10], way_out=way_out)
        return history, problem

    async def _whole(self, change: CountedChange) -> History:
        try:
            return await self._history(change.repository, change.commit, "")
        except CommitGoneError:
            return NO_HISTORY

    async def _with_pull_requests(
        self, change: CountedChange, base: str, history: History
    ) -> tuple[History, str]:
        """The history, what a squash left behind and who opened what brought it; what is wrong.

        The host is asked, too: what it did before the repository was ours no delivery has told.
        """
        landed: Landed = change.model.landed
        asked = frozenset[str]()
        while True:
            history = await self._with_squashed(landed, change.repository, base, history)
            new = history.commits - asked
            if not new:
                return history, ""
            try:
                found = await self._reviews.pull_requests_of(change.repository, new)
            except CommitGoneError as error:  # since it was read
                return history, GONE.format(error=error, way_out=change.way_out)
            asked |= new
            landed = _with_landed(landed, found)
            history = msgspec.structs.replace(history, hands={**_opened(found), **history.hands})

    async def _with_squashed(
        self, landed: Landed, repository: str, base: str, history: History
    ) -> History:
        """The history and what a squash left behind; what is gone by now tells nothing more.

        What the squash has itself is in the history: so only what is its branch's own is read.
        """
        asked: set[str] = set()
        while new := _sources(history.commits, landed).keys() - asked:
            source = min(new)
            asked.add(source)
            made = _sources(history.commits, landed)[source]
            since = made if made in history.commits else base
            with suppress(CommitGoneError):
                history = _joined(history, await self._history(repository, source, since))
        return history

    async def _history(self, repository: str, commit: str, base: str) -> History:
        key = (repository, commit, base)
        known = self._histories.pop(key, None)
        if known is None or known.cut:  # what is cut off may be brought
            known = _history(
                await self._git.commits(repository, commit, base, limit=MOST_COMMITS + 1)
            )
        self._histories[key] = known  # the one used last is the last to go
        while sum(1 + len(each.commits) for each in self._histories.values()) > KEPT:
            self._histories.popitem(last=False)
        return known

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


def _told(model: Model, commit: str, commits: Collection[str]) -> Hands:
    """What deliveries told: pushes of a contained commit on any branch, and pull requests.

    A squash leaves the commits behind that it is made of, and who pushed those had a hand in it.
    """
    hands: dict[tuple[Part, str], str] = {}
    counted = _with_sources({*commits, commit}, model.landed)
    for part, known in ((Part.PUSHER, model.pushers), (Part.CREATOR, model.creators)):
        for each in known.keys() & counted:
            hands |= {(part, folded(name)): each for name in known[each]}
    return hands


def _opened(found: Bringing) -> Hands:
    return {
        (Part.CREATOR, folded(each.creator)): commit
        for commit, several in found.items()
        for each in several
    }


def _with_landed(landed: Landed, found: Bringing) -> Landed:
    told = {each for several in found.values() for each in several if each.source and each.landed}
    more = dict(landed)
    for each in told:
        more[each.landed] = (*more.get(each.landed, ()), each.source)
    return more


def _with_sources(commits: Collection[str], landed: Landed) -> frozenset[str]:
    return frozenset((*commits, *_sources(commits, landed)))


def _sources(commits: Collection[str], landed: Landed) -> dict[str, str]:
    """What pull requests made into one of the commits, also one by one, and what each became."""
    found: dict[str, str] = {}
    new: AbstractSet[str] = frozenset(commits)
    while new:
        more = {each: made for made in landed.keys() & new for each in landed[made]}
        new = more.keys() - found.keys() - set(commits)
        found |= {each: more[each] for each in new}
    return found
