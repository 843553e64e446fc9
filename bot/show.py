"""Show a card as it is now: its own file gathers what it needs, and renders it."""

from typing import Final

import msgspec

from bot.cards import CARDS
from bot.elements import banner, text
from bot.ports import BotPorts
from bot.view import CardSubject, View, release_view
from bot.wording import clipped
from core.card import Card, Tone
from core.errors import UnknownNameError
from core.release.model import JUDGED, Model
from core.release.state import State
from core.words import ReleaseId, Stream, stream_of

BASE: Final = (
    "Contributors are counted from commit {commit} on; nobody looked at who made what lies before "
    "({reason}; proposed by {by}, agreed to by {agreed})."
)
LONGEST: Final = 200


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it is at a version of its stream; the first of ``readers`` gets it."""

    card: Card
    version: int
    readers: tuple[str, ...] = ()


def with_base(name: str, shown: Card, view: object) -> Card:
    """What is still asked says that people agreed not to look at all of the history."""
    if not isinstance(view, View) or view.is_passed or not _is_asked(name, view):
        return shown
    base = view.model.agreed_base(*JUDGED)
    if base is None or base.decided_by is None:
        return shown
    words = BASE.format(
        commit=base.commit[:10], reason=clipped(base.reason, LONGEST),
        by=base.proposed_by.name, agreed=base.decided_by.name,
    )  # fmt: skip
    return msgspec.structs.replace(shown, body=(*shown.body, text(words, Tone.WARN)))


def _is_asked(card: str, view: View) -> bool:
    """Whether somebody may still do something by the card; what is decided stays as it was."""
    match card:
        case "acceptance":
            return view.release.state is State.AWAITING_ACCEPTANCE
        case "problem":
            return view.release.state is State.STUCK
        case "approval":
            return view.release.open_promotion() is getattr(view, "promotion", None)
    return card != "base" and view.release.is_candidate and not view.release.is_final


class Show:
    """Draws any card by its name: whoever asks gets the newest state."""

    def __init__(self, ports: BotPorts) -> None:
        self.ports = ports

    async def face(self, card: str, subject: str, stream: Stream) -> Face:
        """Raise UnknownNameError for what there is no card of."""
        file = CARDS.get(card)
        if file is None:
            raise UnknownNameError("card", card)
        model = await self.ports.handle.model(stream)
        view = await file.gather(self._subject(model, subject), self.ports)
        shown = self.noticed(with_base(card, file.render(view), view))
        return Face(card=shown, version=model.version, readers=file.readers(view))

    def noticed(self, card: Card) -> Card:
        """Put the policy's notice on top of a card, once."""
        notice = self.ports.handle.context().policy.notice
        top = banner(notice, Tone.BAD)
        if not notice or card.body[:1] == (top,):
            return card
        return msgspec.structs.replace(card, body=(top, *card.body))

    async def model_of(self, release_id: ReleaseId) -> Model:
        known = self.ports.platform.named(stream_of(release_id))
        if known is None:
            raise UnknownNameError("release", release_id)
        return await self.ports.handle.model(known.name)

    def view(self, model: Model, release_id: ReleaseId) -> View:
        return release_view(self._subject(model, release_id), release_id)

    def _subject(self, model: Model, name: str) -> CardSubject:
        repository = self.ports.platform.named(model.stream)
        return CardSubject(
            name=name,
            model=model,
            context=self.ports.handle.context(repository=repository),
            page_url=self.ports.page_url.rstrip("/"),
            team=repository.team if repository else "",
        )
