"""Keeps the secrets that we know out of cards and evidence, whoever wrote them into a text."""

from collections.abc import Collection, Sequence
from typing import TypeVar, cast

import msgspec

from core.card import Card, Dated
from core.checkpoint import PipelineDecision, SeenCheckpoint
from core.conversation import Bot, Click
from core.people import Person
from core.ports import (
    BringingPullRequest,
    Chat,
    CommitStatus,
    Evidence,
    Remark,
    Reviews,
    SaidComment,
    TestsOfCommit,
)
from core.ports.checkpoints import Checkpoints
from core.scrub import KnownSecrets
from core.words import BlobId

T = TypeVar("T")


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


class MaskedReviews:
    """Reviews in which no secret of ours is shown, in whatever a repository says."""

    def __init__(self, reviews: Reviews, secrets: KnownSecrets) -> None:
        self._reviews = reviews
        self._secrets = secrets

    async def pull_requests_of(
        self, repository: str, commits: Collection[str]
    ) -> dict[str, tuple[BringingPullRequest, ...]]:
        return await self._reviews.pull_requests_of(repository, commits)

    async def show_status(self, repository: str, commit: str, status: CommitStatus) -> None:
        await self._reviews.show_status(repository, commit, _clean(status, self._secrets))

    async def show_remarks(
        self, repository: str, commit: str, remarks: Sequence[Remark], url: str = ""
    ) -> None:
        clean = [_clean(remark, self._secrets) for remark in remarks]
        await self._reviews.show_remarks(repository, commit, clean, url)

    async def publish_tests(self, repository: str, commit: str, tests: TestsOfCommit) -> None:
        await self._reviews.publish_tests(repository, commit, _clean(tests, self._secrets))

    async def test_report(self, repository: str, commit: str) -> bytes | None:
        return await self._reviews.test_report(repository, commit)

    async def comment(
        self, repository: str, pull_request: int, thread: int, comment: int
    ) -> SaidComment | None:
        return await self._reviews.comment(repository, pull_request, thread, comment)

    async def answer(
        self, repository: str, pull_request: int, thread: int, comment: int, text: str
    ) -> None:
        clean = self._secrets.mask(text.encode()).decode()
        await self._reviews.answer(repository, pull_request, thread, comment, clean)


class MaskedCheckpoints:
    """Checkpoints to which no secret of ours is said, whatever somebody wrote as their reason."""

    def __init__(self, checkpoints: Checkpoints, secrets: KnownSecrets) -> None:
        self._checkpoints = checkpoints
        self._secrets = secrets

    async def look(self, checkpoint: str) -> SeenCheckpoint:
        return await self._checkpoints.look(checkpoint)

    async def answer(self, shown: SeenCheckpoint, decision: PipelineDecision) -> SeenCheckpoint:
        comment = self._secrets.mask(decision.comment.encode()).decode()
        clean = msgspec.structs.replace(decision, comment=comment)
        return await self._checkpoints.answer(shown, clean)

    async def waiting(self, projects: Collection[str]) -> tuple[str, ...]:
        return await self._checkpoints.waiting(projects)


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


def _clean(said: T, secrets: KnownSecrets) -> T:
    is_clean = not secrets.find(msgspec.msgpack.encode(said))
    return said if is_clean else cast(T, _masked(said, secrets))


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
    if isinstance(value, bytes):
        return secrets.mask(value)
    return secrets.mask(value.encode()).decode() if type(value) is str else value
