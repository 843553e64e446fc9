"""Who had a hand in a release: told by evidence, and never by the person who is asked."""

from enum import StrEnum
from typing import Final

import msgspec

from core.words import PersonId

MOST_COMMITS: Final = 2000


class Part(StrEnum):
    """What somebody did to a commit; the words go behind "you" and before the commit."""

    AUTHOR = "wrote"
    COMMITTER = "are the committer of"
    TRAILER = "are named in the message of"
    PUSHER = "pushed"
    CREATOR = "opened the pull request of"
    MAPPER = "said whose the address is in"
    STARTER = "started a run of"


class Contributor(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One hand: ``name`` is the address or account under which the evidence knows it.

    ``person`` and ``same_as`` are the ids of who that is; without a person nobody knows, unless
    ``is_nobody``: the platform team has said that nobody is behind the name any more.
    """

    name: str
    part: Part
    commit: str
    person: PersonId = PersonId("")
    same_as: tuple[PersonId, ...] = ()
    is_nobody: bool = False

    @property
    def is_unknown(self) -> bool:
        return not self.person and not self.is_nobody


class Contributors(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who had a hand in the ``commits`` since ``base``; without a base in all of the history.

    ``problem`` says why not all of them could be counted, and then nothing can be decided.
    """

    base: str = ""
    commits: int = 0
    found: tuple[Contributor, ...] = ()
    problem: str = ""

    def unknown(self) -> tuple[Contributor, ...]:
        """The hands that belong to nobody whom we know."""
        return tuple(each for each in self.found if each.is_unknown)
