"""Bring a card up to date in its conversation: post it once, then update it in place."""

import logging
from contextlib import AsyncExitStack
from uuid import uuid4

import msgspec

from bot.show import Face, Show
from core.errors import UnavailableError, UnknownNameError
from core.jobs import ShowCard
from core.ports import Chat, ShownCard

log = logging.getLogger(__name__)

LEASE_S = 60.0
LEASED = "Another worker shows this card now. Nothing was lost; it is looked at again."


class Deliver:
    """Whichever job comes, the newest state is shown. ``chats`` are those of every surface."""

    def __init__(self, show: Show, chats: Chat) -> None:
        self._show = show
        self._ports = show.ports
        self._chats = chats

    async def __call__(self, job: ShowCard) -> None:
        """Show it, and once more when the stream moved: others found the lease taken meanwhile.

        It is not done again and again: a stream into which a thousand branches are pushed always
        moves, and whoever found the lease taken comes back after a moment anyway.
        """
        shown = await self._once(job)
        if (await self._ports.handle.model(job.stream)).version > shown.version:
            await self._once(job)

    async def _once(self, job: ShowCard) -> ShownCard:
        # a fresh owner each time: two deliverers of one process exclude each other too
        key, owner = f"{job.card}/{job.subject}", uuid4().hex
        async with AsyncExitStack() as undo:
            known = await self._ports.store.lease_card(key, owner, LEASE_S)
            if known is None:
                raise UnavailableError(LEASED, retry_after_s=1.0, longest_s=1.0)
            undo.push_async_callback(self._ports.store.release_lease, key, owner)
            version = (await self._ports.handle.model(job.stream)).version
            if known.activity and known.version >= version:
                return known
            face = await self._show.face(job.card, job.subject, job.stream)
            shown = await self._put(known, face)
            await self._ports.store.keep_card(owner, shown)
            undo.pop_all()
            return shown

    async def _put(self, known: ShownCard, face: Face) -> ShownCard:
        """A crash between post and keep may leave a second card: that is accepted."""
        if known.activity:
            try:
                await self._chats.update(known.conversation, known.activity, face.card)
                return msgspec.structs.replace(known, version=face.version)
            except UnknownNameError:
                log.warning("posted anew", extra={"action": "card_was_gone", "card": known.key})
        platform = self._ports.platform
        conversation = known.conversation or platform.conversation(*face.readers)
        activity = await self._chats.post(conversation, face.card)
        return ShownCard(
            key=known.key, conversation=conversation, activity=activity, version=face.version
        )
