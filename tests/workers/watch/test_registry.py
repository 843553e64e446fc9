"""A reading of the registry while things move: told once, judged by what was known before it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from core.again import Troubles
from core.errors import StepFailedError, UnavailableError
from core.events.derived import RegistryChangedOutside
from core.events.workers import RegistryObserved, StepFinished
from core.jobs import ObserveRegistries, ObserveRegistry
from core.results import Promoted
from core.words import PLATFORM, Stage, Step
from tests.bot.world import LOAN, World
from tests.core.story import EVE, Story
from tests.origins import happens
from workers.services import Services
from workers.watch.registry import RegistryWatch

AHEAD = timedelta(minutes=5)  # the clock of this worker, before those of the others
ALL = ObserveRegistries(id="observe/all/1", stream=PLATFORM)
JOB = ObserveRegistry(id="observe/1", stream=LOAN, model="loan_default")


class Shelf:
    """A registry that can only be read; ``meanwhile`` happens after it was, before the answer."""

    def __init__(self, meanwhile) -> None:
        self.held: dict[Stage, str] | None = dict.fromkeys(Stage, "")
        self._meanwhile = meanwhile
        self.says_no: Exception | None = None
        self.asked: list[str] = []

    async def all_holders(self) -> dict[str, dict[Stage, str]]:
        self.asked.append("all")
        if self.says_no:
            raise self.says_no
        return {} if self.held is None else {"loan_default": self.held}

    async def holders(self, model: str) -> dict[Stage, str] | None:
        self.asked.append(model)
        if self.says_no:
            raise self.says_no
        held = self.held
        await self._meanwhile()
        return held


@pytest.fixture
async def bench(tmp_path):
    """The watch; ``meanwhile`` holds what happens during a reading, ``read`` reads and tells."""
    world, during = World(tmp_path), []

    async def meanwhile():
        for change in during:
            await change

    shelf = Shelf(meanwhile)
    absent: dict = dict.fromkeys(
        (
            "steps",
            "evidence",
            "git",
            "reviews",
            "variable_groups",
            "service_endpoints",
            "tracking",
            "ml_platform",
            "directory",
            "gate",
            "clones",
            "runtimes",
        )
    )
    services = Services(
        handle=world.handle, effects=world.store, registry=shelf, policy=world.policy,
        clock=lambda: world.clock() + AHEAD, **absent,
    )  # fmt: skip
    troubles = Troubles()
    watch = RegistryWatch(services, world.store, troubles)

    async def read(kind):
        await watch.one(JOB)
        return [e.event for e in await world.store.load(LOAN) if isinstance(e.event, kind)]

    async def look():
        await watch.all(ALL)
        return [
            e.event for e in await world.store.load(LOAN) if isinstance(e.event, RegistryObserved)
        ]

    yield SimpleNamespace(
        world=world, shelf=shelf, during=during, read=read, look=look, troubles=troubles
    )
    await world.store.close()


def promoting() -> Story:
    return Story().push(1).to_registered().request(Stage.QA).approve(EVE)


async def test_a_placing_that_is_noted_during_the_reading_is_no_change_from_outside(bench):
    await bench.world.told(promoting())
    bench.during.append(happens(bench.world.handle, _placed(bench.world)))

    assert await bench.read(RegistryChangedOutside) == []
    assert (await bench.world.handle.model(LOAN)).held(Stage.QA) == "1"


async def test_what_somebody_moved_is_told_once(bench):
    await bench.world.told(promoting())
    await happens(bench.world.handle, _placed(bench.world))
    bench.shelf.held = {Stage.QA: "7"}

    for _ in range(2):
        [changed] = await bench.read(RegistryChangedOutside)
    assert (changed.stage, changed.expected, changed.found) == (Stage.QA, "1", "7")


@pytest.mark.parametrize("held", [None, {}, {Stage.TST: "7"}])
async def test_where_nothing_differs_nothing_is_told(bench, held):
    """However often it is looked: a model that was never registered would fill the ledger."""
    await bench.world.told(Story().push(1).to_acceptance())
    bench.shelf.held = held
    assert await bench.read(RegistryObserved) == []


async def test_a_model_that_is_gone_leaves_its_stage_empty(bench):
    await bench.world.told(promoting())
    await happens(bench.world.handle, _placed(bench.world))
    bench.shelf.held = None

    [changed] = await bench.read(RegistryChangedOutside)
    assert (changed.expected, changed.found) == ("1", "")
    assert len(await bench.read(RegistryObserved)) == 1


async def test_a_look_at_all_asks_once_while_nothing_differs(bench):
    await bench.world.told(promoting())
    await happens(bench.world.handle, _placed(bench.world))
    bench.shelf.held = {Stage.QA: "1", Stage.TST: "9"}

    assert await bench.look() == []
    assert bench.shelf.asked == ["all"]


async def test_a_look_at_all_reads_and_tells_what_differs(bench):
    await bench.world.told(promoting())
    await happens(bench.world.handle, _placed(bench.world))
    bench.shelf.held = {Stage.QA: "7"}

    [told] = await bench.look()
    assert (told.model, told.holders) == ("loan_default", {Stage.QA: "7"})
    assert bench.shelf.asked == ["all", "loan_default"]
    assert len(await bench.look()) == 1


async def test_a_look_at_all_misses_a_model_that_is_gone(bench):
    await bench.world.told(promoting())
    await happens(bench.world.handle, _placed(bench.world))
    bench.shelf.held = None

    assert len(await bench.look()) == 1


DOWN = {
    "it is down": UnavailableError("MLflow does not answer."),
    "our key has expired": StepFailedError("MLflow refused this: 401. It was not done."),
}


@pytest.mark.parametrize("why", DOWN)
async def test_while_the_registry_tells_nothing_looks_are_left_out_and_it_is_said_once(
    bench, caplog, why
):
    caplog.set_level("INFO", "core.again")
    await bench.world.told(promoting())
    bench.shelf.says_no = DOWN[why]
    for _ in range(3):
        await bench.look()
    told = bench.troubles.open["looking at the registry"]
    assert (str(DOWN[why]), isinstance(DOWN[why], StepFailedError)) == (told.says, told.is_final)
    bench.shelf.says_no = None
    await bench.look()

    assert [record.action for record in caplog.records] == ["trouble_began", "trouble_ended"]
    assert bench.troubles.open == {}


@pytest.mark.parametrize("why", DOWN)
async def test_a_hint_waits_until_the_registry_tells_something(bench, why):
    await bench.world.told(promoting())
    bench.shelf.says_no = DOWN[why]

    with pytest.raises(UnavailableError, match="MLflow"):
        await bench.read(RegistryObserved)


def _placed(world):
    return StepFinished(
        id="finished/loan-1/promote/QA/1", time=world.clock(), release="loan-1",
        step=Step.PROMOTE, attempt=1, stage=Stage.QA, result=Promoted(version="1", rows=5),
    )  # fmt: skip
