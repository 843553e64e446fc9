"""The bot on the real store, flow, directory and git host of one machine; the room keeps cards."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from adapters.bare_repositories.host import BareRepositories
from adapters.local_files.people import PeopleFile
from adapters.sql_store import SqlStore
from bot.bot import Sluss
from bot.deliver import Deliver
from bot.ports import BotPorts
from bot.show import Show
from core.card import Card
from core.chats import Chats
from core.contributors import Contributors
from core.errors import UnavailableError, UnknownNameError
from core.events.base import Event
from core.events.outside import CodePushed
from core.events.people import ApprovalDecided
from core.handle import Handle, Handled
from core.jobs import ShowCard
from core.platform import Platform, Repository
from core.policy import Policy
from core.release.model import Model
from core.release.release import Release
from core.words import Stream
from tests.core.story import ADA, BEN, EVE, OUT, Story
from tests.origins import happens

LOAN = Stream("loan")
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Room:
    """A chat that keeps the cards that it shows; it can lose a card, and be down."""

    def __init__(self) -> None:
        self.cards: dict[str, tuple[str, Card]] = {}
        self.posts = 0
        self.updates = 0
        self.is_down = False

    async def post(self, conversation: str, card: Card) -> str:
        self._answer()
        self.posts += 1
        activity = f"activity-{self.posts}"
        self.cards[activity] = (conversation, card)
        return activity

    async def update(self, conversation: str, activity: str, card: Card) -> None:
        self._answer()
        if activity not in self.cards:
            raise UnknownNameError("activity", activity)
        self.updates += 1
        self.cards[activity] = (conversation, card)

    async def link(self, conversation: str, activity: str) -> str:
        return f"https://chat.example/{conversation}/{activity}".replace(" ", "_")

    def _answer(self) -> None:
        if self.is_down:
            raise UnavailableError("The chat does not answer.")

    def the(self, beginning: str) -> Card:
        """The one card whose line for notifications begins so."""
        found = [card for _, card in self.cards.values() if card.summary.startswith(beginning)]
        assert len(found) == 1, [card.summary for _, card in self.cards.values()]
        return found[0]

    def conversations(self) -> list[str]:
        return [conversation for conversation, _ in self.cards.values()]


class World:
    def __init__(
        self,
        folder: Path,
        conversations: dict[str, str] | None = None,
        *,
        policy: Policy | None = None,
        is_local: bool = False,
    ) -> None:
        self.git_folder = folder / "loans.git"
        self.policy = policy or Policy()
        self.platform = Platform(
            repositories=(
                Repository(id="r1", name=LOAN, team="credit"),
                Repository(id="r2", name=Stream("churn"), team="retail"),
            ),
            conversations=conversations or {"credit": "credit room", "*": "general"},
        )
        self.store = SqlStore(f"sqlite:///{folder / 'store.db'}")
        self.handle = Handle(
            self.store,
            platform=lambda: self.platform,
            policy=self.policy,
            clock=self.clock,
            is_local=is_local,
            find_contributors=self._count,
        )
        self.contributors = Contributors()
        self.room = Room()
        self.bot = Sluss(
            BotPorts(
                handle=self.handle,
                store=self.store,
                git=BareRepositories({"r1": self.git_folder}.get),
                directory=PeopleFile((ADA, BEN, EVE, OUT)),
                page_url="http://127.0.0.1:8300/",
            )
        )
        self.deliver = Deliver(self.bot.show, Chats({"teams": self.room}, default="teams"))

    async def _count(self, *_release) -> Contributors:
        """Most stories have commits that no repository has; ``contributors`` says whose they are."""
        return self.contributors

    @property
    def show(self) -> Show:
        return self.bot.show

    def clock(self) -> datetime:
        return NOW

    async def told(self, story: Story, commits: dict[int, str] | None = None) -> Model:
        """What came from outside in the story happens here; commits become real ones."""
        for event in story.events:
            if not event.caused_by:
                await self._happens(event, commits or {})
        return await self.handle.model(LOAN)

    async def _happens(self, event: Event, commits: dict[int, str]) -> Handled:
        if isinstance(event, CodePushed) and event.push_id in commits:
            event = msgspec.structs.replace(event, commit=commits[event.push_id])
        if isinstance(event, ApprovalDecided):  # its id is made from the commit, among others
            open_one = (await self.release()).open_promotion()
            assert open_one is not None
            event = msgspec.structs.replace(event, approval=open_one.approval)
        return await happens(self.handle, event)

    async def release(self) -> Release:
        newest = (await self.handle.model(LOAN)).newest()
        assert newest is not None
        return newest

    async def jobs(self) -> list[ShowCard]:
        """The cards that are to be shown, taken from the outbox."""
        unsent = await self.store.unsent(1000)
        await self.store.mark_sent([job.id for job in unsent])
        return [job for job in unsent if isinstance(job, ShowCard)]

    async def show_cards(self) -> Room:
        for job in await self.jobs():
            await self.deliver(job)
        return self.room
