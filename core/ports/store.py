"""The store port: the ledger and everything kept beside it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from core.desk import Desk
from core.events.base import Event
from core.jobs import AnyJob, Job, Lane
from core.reading import standing
from core.release.model import Model
from core.release.release import Release
from core.words import BlobId, ReleaseId, Stage, Stream


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the ledger holds it. ``position`` orders all streams, ``version`` one."""

    position: int
    stream: Stream
    version: int
    event: Event
    hash: str


class Ledger(Protocol):
    async def load(
        self,
        stream: Stream,
        after: int = 0,
        *,
        about: ReleaseId | None = None,
        kinds: Sequence[type[Event]] = (),
    ) -> list[Recorded]:
        """The events of a stream, the oldest first; all kinds unless some are named.

        ``about``: only those about one release, and the pushes and pull requests of its commit.
        """

    async def state(self, stream: Stream) -> Model:
        """The newest state of a stream; its final releases are slim (core/release/slim.py)."""

    async def release(self, stream: Stream, release: ReleaseId) -> Release | None:
        """One release with everything that was ever said about it, final or not."""

    async def desk(self) -> Desk:
        """The newest state of the stream ``platform``."""

    async def commit(
        self, stream: Stream, expected: int, events: Sequence[Event], jobs: Sequence[Job]
    ) -> int:
        """One transaction: events, projections, outbox. Return the stream's new version.

        Raise KnownEventError when the first event's id is in the ledger, VersionConflictError
        when the stream is not at ``expected`` (or a model name was claimed meanwhile).
        """

    async def owner(self, name: str) -> Stream | None:
        """The stream that claimed this model name, which is case-folded."""

    async def claims(self) -> dict[str, Stream]:
        """Claimed model names, case-folded, each with the stream that owns it."""

    def export(self, after: int = 0) -> AsyncIterator[bytes]:
        """The ledger as JSON lines that ``sluss audit verify`` reads without us."""

    async def rebuild(self) -> int:
        """Fold every projection anew from the ledger; return how many events were read."""


class Outbox(Protocol):
    """Jobs on their way into the queues.

    Steps of one stream, and its release cards, are let in some at a time, the release branch
    first: the others wait here, so that they stand in nobody's way on any queue.
    """

    async def unsent(self, limit: int, lane: Lane | None = None) -> list[AnyJob]:
        """What may be sent now, the oldest first; of all lanes when none is named."""

    async def mark_sent(self, ids: Sequence[str]) -> None: ...

    async def done(self, job: Job) -> None:
        """Free the place of a card that was shown or is a dead letter; steps end in the ledger."""

    async def wait_unsent(self, lane: Lane, wait_s: float) -> None:
        """Return at once when something may be unsent, else after ``wait_s``."""


class Effects(Protocol):
    """What a step has started outside, so that a repeat finds it. The first write wins."""

    async def effect(self, key: str, value: str) -> str:
        """Keep ``value`` unless the key has one; return the one that is kept."""

    async def find_effect(self, key: str) -> str | None: ...


class Notes(Protocol):
    """Small values that may change and are no facts of the ledger, as how far was looked."""

    async def note(self, key: str) -> str | None: ...

    async def keep_note(self, key: str, value: str) -> None:
        """Keep ``value`` in place of what the key has."""

    async def drop_note(self, key: str) -> None:
        """Forget what the key has, if anything."""


class ShownCard(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    conversation: str = ""
    activity: str = ""
    version: int = 0


class CardBook(Protocol):
    """Which card is shown where; a lease keeps two deliverers from posting it twice."""

    async def lease_card(self, key: str, owner: str, lease_s: float) -> ShownCard | None:
        """Return the card as it was shown last, or None while somebody else holds the lease."""

    async def keep_card(self, owner: str, shown: ShownCard) -> None:
        """Store what is shown now and end the lease."""

    async def release_lease(self, key: str, owner: str) -> None: ...

    async def find_card(self, key: str) -> ShownCard | None:
        """Return where the card is shown, whoever has its lease; None when it never was."""


class ReleaseRow(msgspec.Struct, frozen=True, kw_only=True):
    release: ReleaseId
    stream: Stream
    model: str
    branch: str
    commit: str
    state: str
    version: str
    opened: datetime
    changed: datetime
    holds: tuple[Stage, ...] = ()  # the stages that have its version now

    @property
    def standing(self) -> str:
        """Where it is now: what was placed on a stage need not hold it any more."""
        return standing(self.state, self.holds)


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a delivery brought; ``outcome`` is for people, ``release`` what it made."""

    event: str
    delivery: str
    source: str
    kind: str
    received: datetime
    outcome: str
    release: str
    is_rejected: bool


class Views(Protocol):
    """Projections of the ledger for pages, cards and commands."""

    async def releases(self, stream: Stream | None = None, limit: int = 50) -> list[ReleaseRow]: ...

    async def deliveries(self, limit: int = 100) -> list[DeliveryRow]: ...

    async def held(self) -> dict[Stream, dict[Stage, str]]:
        """Each stage of every claimed model, and the version that we know to hold it."""

    async def names(self) -> dict[Stream, str]:
        """Every claimed model's name in its own spelling."""


class Store(Ledger, Outbox, Effects, Notes, CardBook, Views, Protocol):
    async def ping(self) -> None:
        """Raise StoreUnavailableError when nothing can be written."""

    async def close(self) -> None: ...


class Evidence(Protocol):
    """Content-addressed bytes: reports, logs, raw deliveries. Writing twice is writing once."""

    async def keep(self, data: bytes) -> BlobId: ...

    async def read(self, blob: BlobId) -> bytes:
        """Raise UnknownNameError when it is not there, LedgerBrokenError when it was changed."""
