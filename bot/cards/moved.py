"""The card that tells the platform team that a conversation was heard of at another address."""

from typing import Final, Protocol

import msgspec

from bot.elements import banner, card, facts, heading, text
from bot.view import CardSubject
from core.card import Card, Dated, Tone
from core.errors import UnknownNameError
from core.events.desk import ConversationMoved
from core.ports import Ledger
from core.words import PLATFORM

WAITS: Final = (
    "Nothing was changed: cards go on to the old address. Should a post there fail because it is "
    "gone, the new one is taken by itself, and a card says so."
)
DONE: Final = "A post to the old address failed because it is gone: cards go to the new one now."
ASK: Final = (
    "Ask the people of that conversation whether it was moved, or the app installed anew. If "
    "nobody knows of it, somebody may write in the channel's name: look at the bot's registration."
)


class MovedNeeds(Protocol):
    """The ledger remembers each of them."""

    @property
    def store(self) -> Ledger: ...


class MovedView(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard of a conversation."""

    moved: ConversationMoved


async def gather(subject: CardSubject, needs: MovedNeeds) -> MovedView:
    for entry in await needs.store.load(PLATFORM, kinds=[ConversationMoved]):
        if entry.event.id == subject.name and isinstance(entry.event, ConversationMoved):
            return MovedView(moved=entry.event)
    raise UnknownNameError("move of a conversation", subject.name)


def readers(_view: MovedView) -> tuple[str, ...]:
    return (PLATFORM,)


def render(view: MovedView) -> Card:
    moved = view.moved
    verdict, said = ("It goes there now", DONE) if moved.is_in_force else ("It stays", WAITS)
    title = "A conversation has another address"
    return card(
        heading(title),
        banner(verdict, Tone.WARN),
        facts(
            conversation=moved.conversation,
            old=moved.old_host,
            new=moved.new_host,
            seen=Dated(moved.time),
        ),
        text(said),
        text(ASK),
        summary=f"{title}: {moved.conversation}",
    )
