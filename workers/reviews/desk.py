"""Brings what the host of git says of a release up to date, from the ledger's newest state.

It never comes to an end by the host's fault: while that is down or closed, the job waits in its
lane, and whoever looks at the health of the process reads what is missing.
"""

import logging
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from core.again import Troubles
from core.errors import (
    CommitGoneError,
    StepFailedError,
)
from core.flow.reviews import shown_instead
from core.handle import Handle
from core.jobs import ShowReview
from core.ports import CardBook, Chat, Effects, Evidence, Reviews
from core.release.release import Release
from core.results import Checked
from core.words import Step, Stream
from workers.reviews.gate_words import gate_status, remarks_of
from workers.reviews.unit_tests import tests_of
from workers.turns import turn_at_host

log = logging.getLogger(__name__)


class ReviewStore(CardBook, Effects, Protocol):
    """Leases, where cards are shown, and what was published already."""


class ReviewDesk(msgspec.Struct, frozen=True, kw_only=True):
    """The wiring builds it once. ``page_url`` is the address of the pages, or "" without any."""

    handle: Handle
    reviews: Reviews
    store: ReviewStore
    chat: Chat
    evidence: Evidence
    page_url: str
    troubles: Troubles

    async def __call__(self, job: ShowReview) -> None:
        """Raise UnavailableError while it cannot be shown, also where a right is missing.

        A repository that is not there may only be hidden from us, as Azure DevOps does it.
        """
        if self.handle.platform.named(job.stream) is None:
            return
        async with self.at_work(job.stream):
            try:
                await self._show(job)
            except CommitGoneError as error:
                log.info("%s", error, extra={"action": "review_not_shown", "release": job.release})

    def at_work(self, stream: Stream) -> AbstractAsyncContextManager[None]:
        """Take turns about the stream: two pushes may share a pull request."""
        work = f"telling the host of git about {stream}"
        return turn_at_host(self.store, self.troubles, f"reviews/{stream}", about=stream, work=work)

    async def _show(self, job: ShowReview) -> None:
        """Say all that may be said: one right that is missing keeps back nothing else."""
        model = await self.handle.model(job.stream)
        newest = shown_instead(model, job.release)
        release = await self.handle.release(newest.id) if newest else None
        if release is None:
            return
        url, refused = await self.link_to(release), list[StepFailedError]()
        for say in (self._status, self._remarks, self._tests):
            try:
                await say(release, url)
            except StepFailedError as error:
                refused.append(error)
        if refused:
            raise refused[0]

    async def _status(self, release: Release, url: str) -> None:
        status = gate_status(release, url)
        await self.reviews.show_status(release.repository, release.commit, status)

    async def _remarks(self, release: Release, url: str) -> None:
        """Wait for the whole gate: what slower checks found must not pass for mended meanwhile."""
        if not _has_answered(release):
            return
        remarks = remarks_of(release, self.handle.context().policy)
        await self.reviews.show_remarks(release.repository, release.commit, remarks, url)

    async def _tests(self, release: Release, _url: str) -> None:
        """Publish the run once; the note spares asking for it at each look."""
        if not _has_answered(release):
            return
        key = f"tests/{release.id}/{release.steps[Step.CHECK].attempt}"
        if await self.store.find_effect(key) is not None:
            return
        tests = await tests_of(release, self.evidence)
        if tests is not None:
            await self.reviews.publish_tests(release.repository, release.commit, tests)
            await self.store.effect(key, tests.name)

    async def link_to(self, release: Release) -> str:
        """Return the page, or the card in its conversation; "" where it has neither."""
        if self.page_url:
            return f"{self.page_url}/releases/{release.id}"
        card = await self.store.find_card(f"release/{release.id}")
        return await self.chat.link(card.conversation, card.activity) if card else ""


def _has_answered(release: Release) -> bool:
    run = release.steps.get(Step.CHECK)
    return run is not None and isinstance(run.result, Checked)
