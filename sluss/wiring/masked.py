"""Keeps the secrets that we know out of cards and evidence, whoever wrote them into a text."""

import msgspec

from core.card import Card
from core.conversation import Bot, Click
from core.people import Person
from core.ports import Chat, Evidence
from core.scrub import KnownSecrets
from core.words import BlobId


class MaskedEvidence:
    """Evidence in which no secret of ours is kept; it cannot be taken out again."""

    def __init__(self, evidence: Evidence, secrets: KnownSecrets) -> None:
        self._evidence = evidence
        self._secrets = secrets

    async def keep(self, data: bytes) -> BlobId:
        return await self._evidence.keep(self._secrets.mask(data))

    async def read(self, blob: BlobId) -> bytes:
        return await self._evidence.read(blob)


class MaskedChat:
    """A chat to which no secret of ours goes."""

    def __init__(self, chat: Chat, secrets: KnownSecrets) -> None:
        self._chat = chat
        self._secrets = secrets

    async def post(self, conversation: str, card: Card) -> str:
        return await self._chat.post(conversation, masked_card(card, self._secrets))

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        await self._chat.update(conversation, activity, masked_card(card, self._secrets))


class MaskedBot:
    """A bot whose answers hold no secret of ours."""

    def __init__(self, bot: Bot, secrets: KnownSecrets) -> None:
        self._bot = bot
        self._secrets = secrets

    async def message(self, person: Person, text: str, conversation: str) -> Card:
        card = await self._bot.message(person, text, conversation)
        return masked_card(card, self._secrets)

    async def click(self, click: Click) -> Card:
        return masked_card(await self._bot.click(click), self._secrets)


def masked_card(card: Card, secrets: KnownSecrets) -> Card:
    text = msgspec.json.encode(card)
    return msgspec.json.decode(secrets.mask(text), type=Card) if secrets.find(text) else card
