"""The dispatcher: a typed line finds its command, a button its event, and a card answers."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from bot.cards import CLICKS
from bot.command import find, words_of
from bot.commands import COMMANDS
from bot.draft import named, release_of
from bot.next_stages import stage_named
from bot.services import Services
from bot.show import Show
from core.card import Card
from core.conversation import Click
from core.errors import RefusedError
from core.handle import Handle
from core.people import Person
from core.policy import Policy
from core.ports import Directory, GitHost, Store

OLD_BUTTON = "This button is of an older kind of card. Nothing was done;"
ASK_ANEW = "write `release <id>` to see the release as it is now."


class Sluss:
    """The Bot: whoever asks gets the state as it is; only the flow decides who may do what."""

    def __init__(
        self,
        *,
        handle: Handle,
        store: Store,
        git: GitHost,
        directory: Directory,
        policy: Policy,
        clock: Callable[[], datetime],
        page_url: str,
    ) -> None:
        self._handle = handle
        self._clock = clock
        self.show = Show(
            handle=handle,
            store=store,
            git=git,
            directory=directory,
            policy=policy,
            clock=clock,
            page_url=page_url,
        )

    async def message(self, person: Person, text: str, conversation: str) -> Card:  # noqa: ARG002
        services = Services(person=person, show=self.show, commands=COMMANDS)
        line = text if words_of(text) else "help"
        call = find(line, COMMANDS)
        card: Card = await call.command.run(call.words, services)
        return card

    async def click(self, click: Click) -> Card:
        """A repeated press is a known event: it changes nothing and gets the same answer."""
        if click.verb not in CLICKS.verbs:
            raise RefusedError(OLD_BUTTON, ASK_ANEW)
        await self.show.model_of(release_of(click))  # before anything is written
        draft = CLICKS.answer(click)
        if draft is not None:
            handled = await self._handle(draft(time=self._clock()))
            handled.raise_refusal()
        return await self._card(click)

    async def _card(self, click: Click) -> Card:
        """A verb begins with the name of the card that answers."""
        card, release = click.verb.partition(".")[0], release_of(click)
        if card == "request":
            return await self.show.form(release, stage_named(named(click, "stage")))
        model = await self.show.model_of(release)
        subject = named(click, "approval") if card == "approval" else release
        face = await self.show.face(card, subject, model.stream)
        # who only looks takes nobody else's card away
        return msgspec.structs.replace(face.card, is_private=click.verb.endswith(".show"))
