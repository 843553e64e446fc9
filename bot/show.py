"""Show a card as it is now: its own file gathers what it needs, and renders it."""

import msgspec

from bot.cards import CARDS
from bot.ports import BotPorts
from bot.view import CardSubject, View, release_view
from core.card import Card
from core.errors import UnknownNameError
from core.release.model import Model
from core.words import ReleaseId, Stream, stream_of


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it is at a version of its stream; the first of ``readers`` gets it."""

    card: Card
    version: int
    readers: tuple[str, ...] = ()


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
        return Face(card=file.render(view), version=model.version, readers=file.readers(view))

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
            context=self.ports.handle.context(),
            page_url=self.ports.page_url.rstrip("/"),
            team=repository.team if repository else "",
        )
