"""The engine's own lanes: what dies in any of them is told, and sent again through it."""

import asyncio
import logging

from bot.deliver import Deliver
from core.desk import Desk
from core.events.desk import RedriveRequested
from core.jobs import Lane, RunStep, encode
from core.ports import Message
from core.words import ReleaseId, Step, Stream
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.engine import Engine
from sluss.wiring.lock import Role
from sluss.wiring.parts import Parts, opened
from sluss.wiring.server import _bot
from tests.origins import happens

STEP = RunStep(
    id="step/gone-1/train/TST/1", stream=Stream("gone"), release=ReleaseId("gone-1"),
    step=Step.TRAIN, attempt=1,
)  # fmt: skip


async def _until(parts: Parts, engine: Engine, condition) -> Desk:
    async with asyncio.timeout(60):
        while True:
            await engine._letter_watch().look()
            desk = await parts.store.desk()
            if condition(desk):
                return desk
            await asyncio.sleep(0.05)


async def test_what_nobody_can_read_is_told_and_sent_again_by_who_is_here(tmp_path, caplog):
    """A delivery that is none dies in the lane of the events, as often as it is sent again."""
    caplog.set_level(logging.CRITICAL)
    prepare_home(tmp_path / "home")
    settings = load(tmp_path / "home", {"SLUSS_MLFLOW_URL": "http://127.0.0.1:1"})
    async with opened(settings, Role.ALL) as parts:
        engine = Engine(parts, Deliver(_bot(parts).show, parts.chat))
        running = asyncio.create_task(engine.run())
        await parts.events.send(Message(id="d", body=b"\xff no delivery"))
        steps = parts.queues[Lane.STEPS]
        await steps.send(Message(id="broken", body=encode(STEP)[:-5]))
        desk = await _until(parts, engine, lambda desk: len(desk.letters) == 2)

        letters = {letter.queue: letter for letter in desk.open_letters()}
        assert sorted(letters) == ["events", "steps"]
        person = settings.files.people[0]
        wanted = RedriveRequested(
            id="w", time=parts.clock(), queue="events", message=letters["events"].message, by=person
        )
        assert (await happens(parts.handle, wanted)).decision.refusal is None
        died = letters["events"].id
        desk = await _until(parts, engine, lambda desk: desk.letters[died].times == 2)
        assert desk.letters[died].sent_before == person
        await engine.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
