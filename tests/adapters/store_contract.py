"""What every store must do; a subclass brings the fixtures ``store`` and ``open_again``."""

import asyncio
from datetime import UTC, datetime

import pytest

from core import ledger
from core.errors import KnownEventError, VersionConflictError
from core.events.derived import ModelNameClaimed
from core.events.outside import CodePushed
from core.jobs import ObserveRegistry
from core.ports import ShownCard
from core.words import Stage, Step, Stream
from tests.core.story import CHECKED, Story

LOAN, CARD = Stream("loan"), Stream("card")


def push(number, stream=LOAN):
    return CodePushed(
        id=f"ado/{stream}/{number}", time=datetime.now(UTC), source="azure-devops",
        delivery=f"delivery-{number}", repository="r1", branch="main", commit=f"{number:040x}",
        pusher="ada", push_id=number,
    )  # fmt: skip


def claim(stream, name="loan_default"):
    return ModelNameClaimed(id=f"claim/{stream}", time=datetime.now(UTC), model=name, stream=stream)


def job(name):
    return ObserveRegistry(id=name, stream=LOAN, model="loan_default")


async def tell(store, story):
    """Commit a story's events one after another, as handle does with each decision."""
    for version, event in enumerate(story.events):
        await store.commit(LOAN, version, [event], [])


class StoreContract:
    async def test_what_was_committed_is_loaded_in_order(self, store):
        assert await store.commit(LOAN, 0, [push(1), push(2)], []) == 2
        assert await store.commit(LOAN, 2, [push(3)], []) == 3

        entries = await store.load(LOAN)
        assert [entry.event.push_id for entry in entries] == [1, 2, 3]
        assert [entry.version for entry in await store.load(LOAN, after=2)] == [3]

    async def test_a_known_event_changes_nothing(self, store):
        await store.commit(LOAN, 0, [push(1)], [])

        with pytest.raises(KnownEventError):
            await store.commit(LOAN, 1, [push(1), push(2)], [job("never")])
        assert len(await store.load(LOAN)) == 1
        assert await store.unsent(10) == []

    async def test_who_read_an_older_version_must_decide_again(self, store):
        await store.commit(LOAN, 0, [push(1)], [])

        with pytest.raises(VersionConflictError):
            await store.commit(LOAN, 0, [push(2)], [])

    async def test_of_writers_at_once_one_wins_each_version(self, store):
        writes = [store.commit(LOAN, 0, [push(number)], []) for number in range(1, 20)]
        results = await asyncio.gather(*writes, return_exceptions=True)

        assert sorted(str(type(result).__name__) for result in results).count("int") == 1
        assert len(await store.load(LOAN)) == 1

    async def test_streams_share_one_chain_that_verifies(self, store):
        await store.commit(LOAN, 0, [push(1)], [])
        await store.commit(CARD, 0, [push(1, CARD)], [])
        await store.commit(LOAN, 1, [push(2)], [])

        verdict = ledger.verify([line async for line in store.export()])
        assert (verdict.entries, verdict.streams) == (3, 2)

    async def test_a_name_is_claimed_once(self, store):
        await store.commit(LOAN, 0, [claim(LOAN)], [])

        with pytest.raises(VersionConflictError):
            await store.commit(CARD, 0, [claim(CARD, "Loan_Default")], [])
        assert await store.claims() == {"loan_default": LOAN}

    async def test_jobs_wait_in_the_outbox_until_they_are_marked(self, store):
        await store.commit(LOAN, 0, [push(1)], [job("a"), job("b")])
        assert [found.id for found in await store.unsent(10)] == ["a", "b"]

        await store.mark_sent(["a"])
        assert [found.id for found in await store.unsent(10)] == ["b"]

    async def test_who_waits_for_the_outbox_is_woken(self, store):
        waiting = asyncio.create_task(store.wait_unsent(20))
        await asyncio.sleep(0)
        await store.commit(LOAN, 0, [push(1)], [job("a")])

        await asyncio.wait_for(waiting, 5)

    async def test_the_first_effect_stays(self, store):
        kept = await asyncio.gather(*(store.effect("run/1", f"id-{n}") for n in range(5)))

        assert len(set(kept)) == 1
        assert await store.find_effect("run/1") == kept[0]
        assert await store.find_effect("run/2") is None

    async def test_a_card_is_leased_to_one_and_kept_by_that_one_only(self, store):
        assert await store.lease_card("release/loan-1", "one", 30) == ShownCard(
            key="release/loan-1"
        )
        assert await store.lease_card("release/loan-1", "two", 30) is None
        await store.keep_card("two", ShownCard(key="release/loan-1", activity="stolen"))

        shown = ShownCard(key="release/loan-1", conversation="room", activity="7", version=3)
        await store.keep_card("one", shown)
        assert await store.lease_card("release/loan-1", "two", 30) == shown
        assert await store.cards_of("release/") == [shown]

    async def test_a_lease_that_ran_out_is_taken_over(self, store):
        await store.lease_card("release/loan-1", "one", 0.01)
        await asyncio.sleep(0.05)

        assert await store.lease_card("release/loan-1", "two", 30) is not None

    async def test_a_delivery_shows_what_became_of_it(self, store):
        story = Story().push(1)
        story.events[0] = push(1)
        opened = story.events[1].__class__
        fields = {name: getattr(story.events[1], name) for name in opened.__struct_fields__}
        story.events[1] = opened(**{**fields, "caused_by": push(1).id})
        await tell(store, story)

        row = (await store.deliveries())[0]
        assert (row.outcome, row.release) == ("made release loan-1", "loan-1")

    async def test_rebuilding_equals_the_live_projections(self, store):
        story = Story().push(1).to_registered().promoted(Stage.QA)
        story.request(Stage.PROD).push(2).finish(Step.CHECK, CHECKED)
        await tell(store, story)
        live = (await store.releases(), await store.deliveries(), await store.claims())

        assert await store.rebuild() == len(story.events)
        assert (await store.releases(), await store.deliveries(), await store.claims()) == live

    async def test_what_every_claimed_model_holds_is_told_without_its_state(self, store):
        story = Story().push(1).to_registered().promoted(Stage.QA).observe(QA="1", PROD="9")
        await tell(store, story)
        await store.commit(CARD, 0, [claim(CARD, "Card_Fraud")], [])

        assert await store.held() == {LOAN: {Stage.QA: "1", Stage.PROD: "9"}, CARD: {}}
        assert await store.names() == {LOAN: "loan_default", CARD: "Card_Fraud"}
        await store.rebuild()
        assert await store.held() == {LOAN: {Stage.QA: "1", Stage.PROD: "9"}, CARD: {}}

    async def test_a_store_that_is_opened_again_has_everything(self, store, open_again):
        await store.commit(LOAN, 0, [push(1)], [job("a")])
        await store.close()
        again = await open_again()

        assert len(await again.load(LOAN)) == 1
        assert [found.id for found in await again.unsent(10)] == ["a"]
        assert await again.commit(LOAN, 1, [push(2)], []) == 2
