"""The state of one model and its releases, folded from the events of its stream.

Folding is total and reads no clock, policy or setting: the same events give the same state.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from core.people import Person
from core.release.base import Base
from core.release.packed import Releases
from core.release.release import Release
from core.words import ReleaseId, Stage, Stream

JUDGED: Final = (Stage.QA, Stage.PROD)  # the stages that people decide about


class Holder(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who holds a stage. ``release`` is empty when the version was placed there outside of us."""

    version: str
    release: str
    since: datetime
    noted: int = 0  # the stream's version that noted it
    outside: str = ""  # the event that found it there, where no placing of ours had brought it


class WhoPays(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The FINANCIAL_ID that somebody answered; what the model's variables say goes before it."""

    value: str
    by: Person
    since: datetime


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A stream's state: its claimed name, its releases, and the holders of its stages."""

    stream: Stream
    version: int = 0
    name: str = ""
    releases: Releases = {}  # the oldest first; a final one may be slim
    live_ids: tuple[ReleaseId, ...] = ()
    holders: dict[Stage, Holder] = {}
    bases: dict[Stage, str] = {}  # the commit since which contributors are counted
    base: Base | None = None  # the last one that somebody proposed, until PROD has a placement
    agreed: Base | None = None  # the last one agreed to, in force or not
    who_pays: WhoPays | None = None  # the last answer of somebody who was asked
    pushes: dict[str, int] = {}  # branch to its highest push id
    pushers: dict[str, tuple[str, ...]] = {}  # commit to who pushed it, on any branch
    creators: dict[str, tuple[str, ...]] = {}  # commit to creators of its pull requests
    landed: dict[str, tuple[str, ...]] = {}  # what a pull request made of these commits
    next_number: int = 1

    def agreed_base(self, *stages: Stage) -> Base | None:
        """What people agreed to count from and is counted from for one of the stages still."""
        base = self.agreed
        return base if base and base.commit in map(self.bases.get, stages) else None

    def held(self, stage: Stage) -> str:
        """The version that holds a stage as far as we know, or ""."""
        holder = self.holders.get(stage)
        return holder.version if holder else ""

    def differing(self, found: Mapping[Stage, str]) -> dict[Stage, str]:
        """Stages that people decide about and where the registry holds what we do not know of."""
        judged = {stage: found.get(stage, "") for stage in JUDGED}
        return {stage: at for stage, at in judged.items() if at != self.held(stage)}

    def live(self) -> Iterator[Release]:
        """The releases that are not final, the oldest first; the others need not be looked at."""
        return (self.releases[release] for release in self.live_ids)

    def newest_first(self) -> Iterator[Release]:
        return (self.releases[release] for release in reversed(tuple(self.releases)))

    def newest(self) -> Release | None:
        return next(self.newest_first(), None)

    @property
    def champion(self) -> Release | None:
        """The release that holds PROD, unless somebody placed the version there outside of us."""
        holder = self.holders.get(Stage.PROD)
        return self.releases.get(ReleaseId(holder.release)) if holder else None
