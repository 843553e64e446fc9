"""Kill -9 at ten random points between a push and production: nothing is lost, nothing is double."""

import asyncio
import contextlib
import json
import random
import secrets
from collections import Counter

import aiohttp
import msgspec
import pytest

from core.events.derived import (
    ApprovalVoided,
    PromotionApproved,
    PromotionRequested,
    RegistryChangedOutside,
    StagePlaced,
)
from core.events.workers import RegistryObserved, StepFinished
from core.release.state import State
from core.verify import verify
from core.words import Stage
from tests.adapters.shown_cards import shown_cards
from tests.story.onlooker import looking, rules

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]

KILLS = 10
SOON_S = (0.0, 0.5)
LOOK_EVERY_S = 0.1
PATIENCE_S = (5.0, 12.0)  # the gate runs the tests of the model: they must get to their end
SAME, LONG_S = 4, 400.0
END = f"{State.PLACED} {Stage.PROD}"
MOVES = (
    ApprovalVoided,
    PromotionApproved,
    RegistryChangedOutside,
    RegistryObserved,
    StagePlaced,
)


async def test_a_release_survives_ten_kills(killed_up, ask_mlflow, tmp_path):
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it where the test fails
    repository = await rules(tmp_path / "loan_rules", killed_up.settings)
    async with looking(killed_up) as onlooker:
        chance = random.Random(seed)  # noqa: S311
        killer = asyncio.create_task(kill_again_and_again(killed_up, onlooker, chance))
        release, _ = await repository.push()
        await until_in_production(onlooker, release, killer)
        print("killed while", await killer)  # noqa: T201
        tell_registry(await onlooker.events("loan_rules"))
        await settled(onlooker)
        assert_once(await onlooker.events("loan_rules"))
        lines = [line async for line in onlooker.store.export()]

    verify(lines)
    assert max(Counter(json.loads(line)["id"] for line in lines).values()) == 1
    client = ask_mlflow(killed_up.home)
    versions = client.search_model_versions("name = 'loan_rules'")
    assert [version.tags["sluss.release"] for version in versions] == [release]
    aliases = client.get_registered_model("loan_rules").aliases
    assert {alias: str(version) for alias, version in aliases.items()} == {
        "qa": "1", "prod": "1", "champion": "1",
    }  # fmt: skip


async def kill_again_and_again(up, onlooker, chance):
    """Shortly after the release has moved, or after some seconds: a step must get somewhere.

    A message that is taken ten times is a dead letter: after some kills in one state it may move.
    Also when it is in production before the last kill: a restart must leave that alone.
    """
    states = ["nowhere"]
    for _ in range(KILLS):
        is_held_up = states[-SAME:] == [states[-1]] * SAME and states[-1] != END
        patience_s = LONG_S if is_held_up else chance.uniform(*PATIENCE_S)
        await moved(onlooker, states[-1], patience_s)
        await asyncio.sleep(chance.uniform(*SOON_S))
        states.append(await where(onlooker))
        await asyncio.to_thread(up.kill)
        await asyncio.to_thread(up.start)
    return states


async def moved(onlooker, before, patience_s):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while await where(onlooker) == before:  # noqa: ASYNC110 - another process moves it
                await asyncio.sleep(LOOK_EVERY_S)


async def where(onlooker):
    newest = (await onlooker.model("loan_rules")).newest()
    return f"{newest.state} {newest.stage}" if newest else "nowhere"


async def until_in_production(onlooker, release, killer):
    state = None
    while state != (State.PLACED, Stage.PROD):
        state = await act(onlooker, release)
        if killer.done():
            killer.result()
        await asyncio.sleep(LOOK_EVERY_S)


async def act(onlooker, release):
    """What people do: press what the state asks for, and again when nobody answered."""
    found = await onlooker.find(release)
    if found is None:
        return ("", Stage.TST)
    assert found.state not in {State.FAILED, State.STUCK, State.BLOCKED}, found.reason
    with contextlib.suppress(aiohttp.ClientError):
        await press(onlooker, found)  # where it was killed, the state tells whether that counted
    return (found.state, found.stage)


async def press(onlooker, found):
    match found.state, found.stage:
        case State.AWAITING_ACCEPTANCE, _:
            await onlooker.visitor("astrid").press("acceptance.accept", release=found.id)
        case State.AWAITING_APPROVAL, stage:
            approval = found.promotion_to(stage).approval
            decisions = (onlooker.decide(name, found.id, approval) for name in ("bo", "carin"))
            await asyncio.gather(*decisions)
        case (State.REGISTERED, _) | (State.PLACED, Stage.QA):
            stage = Stage.PROD if found.state is State.PLACED else Stage.QA
            await onlooker.visitor("astrid").press(
                "request.send", release=found.id, stage=stage,
                purpose="Mark risky loans", expected_outcome="Fewer losses",
            )  # fmt: skip


def tell_registry(events):
    """What was read and what was moved, in its order: it explains a stage that was judged wrongly."""
    for event in events:
        if isinstance(event, MOVES):
            print(msgspec.json.encode(event).decode())  # noqa: T201 - only where the test fails


def assert_once(events):
    """One move per stage, one decision per approval, one result per attempt of a step."""
    moved = [event.stage for event in events if isinstance(event, StagePlaced)]
    assert moved == [Stage.QA, Stage.PROD]
    asked = [event.approval for event in events if isinstance(event, PromotionRequested)]
    approved = [event.approval for event in events if isinstance(event, PromotionApproved)]
    assert approved == asked
    results = [
        (event.step, event.stage, event.attempt)
        for event in events
        if isinstance(event, StepFinished)
    ]
    assert len(results) == len(set(results)) == 6
    assert {attempt for _, _, attempt in results} == {1}


async def settled(onlooker):
    """Everything that was promised is done: the outbox is empty, and each card is shown once."""
    async with asyncio.timeout(1200):
        while await onlooker.store.unsent(1):  # noqa: ASYNC110 - another process empties it
            await asyncio.sleep(0.1)
    leased = await shown_cards(onlooker.store)
    cards = [card for card in leased if card.activity]  # others only take turns by a lease
    assert len({card.key for card in cards}) == len(cards)
    assert {card.key.partition("/")[0] for card in cards} == {"release", "acceptance", "approval"}
