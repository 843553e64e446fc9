"""Brings what the host of git says of a release up to date, from the ledger's newest state.

It never comes to an end by the host's fault: while that is down or closed, the job waits in its
lane, and whoever looks at the health of the process reads what is missing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import msgspec

from core.again import Troubles
from core.errors import (
    CommitGoneError,
    GoneError,
    SlussError,
    StepFailedError,
    UnavailableError,
    UnknownNameError,
)
from core.flow.reviews import shown_instead
from core.handle import Handle
from core.jobs import ShowReview
from core.ports import CardBook, Chat, Reviews
from core.release.release import Release
from core.words import Stream
from workers.reviews.status import gate_status

log = logging.getLogger(__name__)

# What is under way when the limit is over may still arrive, so the lease outlasts it.
LIMIT_S: Final = 60.0
LEASE_S: Final = 150.0
PATIENCE_S: Final = 60.0  # before a right that was missing is looked for again
LEASED: Final = (
    "What the host of git says about {stream} is brought up to date by another worker now. Nothing "
    "was lost; it is looked at again."
)
SLOW: Final = (
    "The host of git took longer than {limit_s:g} seconds for what is said about {stream}. What "
    "was written stays; the rest is written at the next try."
)


class ReviewDesk(msgspec.Struct, frozen=True, kw_only=True):
    """The wiring builds it once. ``page_url`` is the address of the pages, or "" without any."""

    handle: Handle
    reviews: Reviews
    store: CardBook
    chat: Chat
    page_url: str
    troubles: Troubles

    async def __call__(self, job: ShowReview) -> None:
        """Raise UnavailableError while it cannot be shown, also where a right is missing."""
        async with self.at_work(job.stream):
            try:
                await self._show(job)
            except (CommitGoneError, UnknownNameError) as error:
                # nothing is there at which something could be said
                log.info("%s", error, extra={"action": "review_not_shown", "release": job.release})

    @asynccontextmanager
    async def at_work(self, stream: Stream) -> AsyncIterator[None]:
        """Take turns about the stream, and say what is missing while the host is closed to us.

        Raise UnavailableError then; where something is gone, nothing more can be said.
        """
        work = f"telling the host of git about {stream}"
        async with self._alone(stream):
            try:
                yield
            except GoneError as error:
                self.troubles.begin(work, error)
                return
            except UnavailableError as error:
                self.troubles.begin(work, error)
                raise
            except StepFailedError as error:
                self.troubles.begin(work, error)
                raise UnavailableError(str(error), retry_after_s=PATIENCE_S) from error
        self.troubles.end(work)

    async def _show(self, job: ShowReview) -> None:
        model = await self.handle.model(job.stream)
        newest = shown_instead(model, job.release)
        release = await self.handle.release(newest.id) if newest else None
        if release is None:
            return
        status = gate_status(release, await self.link_to(release))
        await self.reviews.show_status(release.repository, release.commit, status)

    async def link_to(self, release: Release) -> str:
        """Return the page, or the card in its conversation; "" where it has neither."""
        if self.page_url:
            return f"{self.page_url}/releases/{release.id}"
        card = await self.store.find_card(f"release/{release.id}")
        return await self.chat.link(card.conversation, card.activity) if card else ""

    @asynccontextmanager
    async def _alone(self, stream: Stream) -> AsyncIterator[None]:
        """Take turns with all others who write about the stream: two pushes share a pull request.

        Who is cut off keeps the lease until it runs out, as a write of theirs may be under way.
        """
        key, owner = f"reviews/{stream}", uuid4().hex
        if await self.store.lease_card(key, owner, LEASE_S) is None:
            raise UnavailableError(LEASED.format(stream=stream), retry_after_s=1.0, longest_s=1.0)
        try:
            async with asyncio.timeout(LIMIT_S):
                yield
        except TimeoutError as error:
            raise UnavailableError(SLOW.format(stream=stream, limit_s=LIMIT_S)) from error
        except SlussError:
            await self.store.release_lease(key, owner)
            raise
        await self.store.release_lease(key, owner)
