"""Looks at a home from outside while its server runs, and plays the people who press buttons."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.sql_store import SqlStore
from core.events.base import Event
from core.release.fold import folded
from core.release.model import Model
from core.release.release import Release
from core.release.state import State
from core.words import ApprovalId, ReleaseId, Stage, Stream, stream_of
from sluss.demo.repository import DemoRepository
from sluss.demo.visitor import ButtonAnswer, Visitor
from sluss.home.chat_token import chat_token
from sluss.home.settings import Settings
from sluss.templates.model_repository import Kind
from tests.story.up import Up

WAIT_S = 400.0  # the first gate of a cold, busy machine takes minutes
DEAD_ENDS = frozenset({State.FAILED, State.BLOCKED, State.STUCK, State.SUPERSEDED})


class Onlooker:
    """``store`` is opened beside the server's: it only reads."""

    def __init__(self, settings: Settings, store: SqlStore) -> None:
        self.settings = settings
        self.store = store

    def visitor(self, name: str) -> Visitor:
        people = {str(person.id): person for person in self.settings.files.people}
        token = chat_token(self.settings.home)
        return Visitor(people[name], self.settings.public_url, token=token)

    async def model(self, stream: Stream) -> Model:
        return folded(
            Model(stream=stream), [found.event for found in await self.store.load(stream)]
        )

    async def find(self, release: ReleaseId) -> Release | None:
        return (await self.model(stream_of(release))).releases.get(release)

    async def events(self, stream: str) -> list[Event]:
        return [entry.event for entry in await self.store.load(Stream(stream))]

    async def until(self, release: ReleaseId, *states: State) -> Release:
        """A wrong end fails at once, with the reason that a person would read."""
        found, deadline = None, time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            found = await self.find(release)
            if found is not None and found.state in states:
                return found
            assert found is None or found.state not in DEAD_ENDS, (found.state, found.reason)
            await asyncio.sleep(0.2)
        raise AssertionError(f"{release} is {found.state if found else 'unknown'}, not {states}")

    async def ask(self, release: ReleaseId, stage: Stage) -> ApprovalId:
        answer = await self.visitor("astrid").press(
            "request.send", release=release, stage=stage,
            purpose="Mark risky loans", expected_outcome="Fewer losses",
        )  # fmt: skip
        assert not answer.refusal, answer.refusal
        asked = await self.until(release, State.AWAITING_APPROVAL)
        promotion = asked.promotion_to(stage)
        assert promotion is not None
        return promotion.approval

    async def decide(
        self, name: str, release: ReleaseId, approval: str, *, approves: bool = True
    ) -> ButtonAnswer:
        verb = "approval.approve" if approves else "approval.reject"
        return await self.visitor(name).press(
            verb, release=release, approval=approval, comment="Looked at it."
        )


@contextlib.asynccontextmanager
async def looking(up: Up) -> AsyncIterator[Onlooker]:
    store = SqlStore(f"sqlite:///{up.home / 'store.db'}")
    try:
        yield Onlooker(up.settings, store)
    finally:
        await store.close()


async def rules(folder: Path, settings: Settings) -> DemoRepository:
    """A rule-based model on board: nothing is trained, so that its release takes seconds."""
    author = next(person for person in settings.files.people if person.id == "astrid")
    repository = DemoRepository(folder, settings, author=author)
    await repository.create(Kind.RULEBASED)
    await repository.bring_on_board("credit_risk")
    return repository


async def registered(onlooker: Onlooker, repository: DemoRepository) -> ReleaseId:
    release, _ = await repository.push()
    await onlooker.until(release, State.AWAITING_ACCEPTANCE)
    await onlooker.visitor("astrid").press("acceptance.accept", release=release)
    await onlooker.until(release, State.REGISTERED)
    return release
