"""Keeps the secrets that we know out of cards and evidence, whoever wrote them into a text."""

from typing import cast

import msgspec

from core.card import Card, Dated
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

    async def link(self, conversation: str, activity: str) -> str:
        return await self._chat.link(conversation, activity)


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
    is_clean = not secrets.find(msgspec.json.encode(card, enc_hook=str))
    return card if is_clean else cast(Card, _masked(card, secrets))


def _masked(value: object, secrets: KnownSecrets) -> object:
    """Mask the texts of a card: its form stays, though a secret may be a word of that."""
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        changes = {name: _masked(each, secrets) for name, each in fields.items()}
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, Dated):
        masked = Dated(*cast(tuple[str, ...], _masked(value.parts, secrets)))
        return masked if not secrets.find(masked.encode()) else _masked("".join(value), secrets)
    if isinstance(value, tuple):
        return tuple(_masked(each, secrets) for each in value)
    if isinstance(value, dict):
        return {name: _masked(each, secrets) for name, each in value.items()}
    return secrets.mask(value.encode()).decode() if type(value) is str else value
