"""What every store must do, also beside another one on the same database.

A subclass brings the fixtures ``store``, ``other`` (a second store, as of another process) and
``open_again``.
"""

import asyncio
from datetime import UTC, datetime

import pytest

from core.errors import KnownEventError, RefusedByStoreError, VersionConflictError
from core.events.derived import ModelNameClaimed
from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    BuildCompleted,
    CheckCalled,
    CodePushed,
    PullRequestCommented,
    RunStateChanged,
    StageStateChanged,
)
from core.jobs import Lane, ObserveRegistry, ShowCard
from core.ports import ShownCard
from core.verify import verify
from core.words import Stage, Step, Stream
from tests.adapters.shown_cards import shown_cards
from tests.core.story import CHECKED, Story

LOAN, CARD = Stream("loan"), Stream("card")


def push(number, stream=LOAN, branch="main"):
    return CodePushed(
        id=f"ado/{stream}/{number}/{branch}", time=datetime.now(UTC), source="azure-devops",
        delivery=f"delivery-{number}", repository="r1", branch=branch, commit=f"{number:0>40}",
        pusher="ada", push_id=number,
    )  # fmt: skip


def claim(stream, name="loan_default"):
    return ModelNameClaimed(id=f"claim/{stream}", time=datetime.now(UTC), model=name, stream=stream)


def job(name):
    return ObserveRegistry(id=name, stream=LOAN, model="loan_default")


def card(number, version=1, kind="release"):
    subject = f"loan-{number}"
    name = f"card/{kind}/{subject}/{version}"
    return ShowCard(id=name, stream=LOAN, card=kind, subject=subject)


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

        verdict = verify([line async for line in store.export()])
        assert (verdict.entries, verdict.streams) == (3, 2)

    async def test_a_name_is_claimed_once(self, store):
        await store.commit(LOAN, 0, [claim(LOAN)], [])

        with pytest.raises(VersionConflictError):
            await store.commit(CARD, 0, [claim(CARD, "Loan_Default")], [])
        assert await store.claims() == {"loan_default": LOAN}
        assert await store.owner("loan_default") == LOAN
        assert await store.owner("stranger") is None
        assert await store.owner("half a character: \ud800") is None

    async def test_jobs_wait_in_the_outbox_until_they_are_marked(self, store):
        await store.commit(LOAN, 0, [push(1)], [job("a"), job("b")])
        assert [found.id for found in await store.unsent(10)] == ["a", "b"]

        await store.mark_sent(["a"])
        assert [found.id for found in await store.unsent(10)] == ["b"]

    async def test_who_waits_for_the_outbox_is_woken(self, store):
        waiting = asyncio.create_task(store.wait_unsent(Lane.OBSERVE, 20))
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
        assert await shown_cards(store, "release/") == [shown]

    async def test_where_a_card_is_shown_is_known_to_who_has_no_lease(self, store):
        shown = ShownCard(key="release/loan-1", conversation="room", activity="7", version=3)
        await store.lease_card(shown.key, "one", 30)
        assert await store.find_card(shown.key) is None
        await store.keep_card("one", shown)
        await store.lease_card(shown.key, "two", 30)

        assert await store.find_card(shown.key) == shown

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

    async def test_what_a_pipeline_or_a_comment_tells_is_noted_in_words(self, store):
        about = {"time": datetime.now(UTC), "delivery": "d"}
        of_run = {**about, "project": "p", "run": 812}
        of_approval = {**about, "project": "p", "approval": "a-1"}
        told = {
            "noted: a command in pull request 7": PullRequestCommented(
                id="1", pull_request=7, **about
            ),
            "noted: build 9 failed": BuildCompleted(
                id="2", project="p", build=9, result="failed", **about
            ),
            "noted: run 812 is inProgress": RunStateChanged(id="3", state="inProgress", **of_run),
            "noted: run 812 is failed": StageStateChanged(
                id="4", stage="s", state="completed", result="failed", **of_run
            ),
            "noted: approval a-1 is pending": ApprovalPending(
                id="5", status="pending", **of_approval
            ),
            "noted: approval a-1 is in another state": ApprovalCompleted(id="6", **of_approval),
            "noted: a check has called": CheckCalled(id="7", check="check/p/1", **about),
        }
        await store.commit(LOAN, 0, list(told.values()), [])
        assert {row.outcome for row in await store.deliveries()} == {*told}

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

    async def test_text_of_any_length_and_with_any_character_is_kept(self, store):
        branch = "".join(chr(0x4E00 + number) for number in range(971)) + "\0\x01" + "ä" * 9000
        odd = push(1, branch=branch)
        await store.commit(LOAN, 0, [odd], [job(branch), job(branch)])

        assert [found.event for found in await store.load(LOAN)] == [odd]
        with pytest.raises(KnownEventError):
            await store.commit(LOAN, 1, [odd], [])
        assert [found.id for found in await store.unsent(10)] == [branch]
        assert (await store.deliveries())[0].event == odd.id
        assert await store.effect(branch, branch) == await store.find_effect(branch) == branch
        await store.lease_card(branch, "one", 30)
        await store.keep_card("one", ShownCard(key=branch, conversation=branch))
        assert await shown_cards(store, branch[:3]) == [ShownCard(key=branch, conversation=branch)]
        verify([line async for line in store.export()])

    async def test_a_value_that_no_database_takes_is_the_fault_of_that_write_alone(self, store):
        writes = (
            store.effect("run/0", "written alone, and the others together"),
            store.commit(LOAN, 0, [push(1)], []),
            store.commit(CARD, 0, [push(2, CARD, branch="half a character: \ud800")], []),
            store.effect("run/1", "\ud800"),
            store.effect("run/2", "good"),
        )
        results = await asyncio.gather(*writes, return_exceptions=True)

        assert [type(each) for each in results] == [
            str, int, *[RefusedByStoreError] * 2, str
        ]  # fmt: skip
        assert await store.find_effect("run/1") is None
        assert await store.commit(CARD, 0, [push(2, CARD)], []) == 1

    async def test_two_stores_see_each_other(self, store, other):
        await store.commit(LOAN, 0, [push(1)], [])
        await other.commit(LOAN, 1, [push(2)], [])

        with pytest.raises(VersionConflictError):
            await store.commit(LOAN, 1, [push(3)], [])
        with pytest.raises(KnownEventError):
            await store.commit(LOAN, 2, [push(2)], [])
        assert await store.commit(LOAN, 2, [push(3)], []) == 3
        verify([line async for line in other.export()])

    async def test_of_two_stores_that_write_one_version_one_wins(self, store, other):
        for number in range(30):
            writes = (each.commit(LOAN, number, [push(2 * number + at)], []) for at, each in
                      enumerate((store, other)))  # fmt: skip
            results = await asyncio.gather(*writes, return_exceptions=True)
            assert sorted(type(each).__name__ for each in results) == [
                "VersionConflictError",
                "int",
            ]

    async def test_of_two_stores_that_write_one_event_one_learns_that_it_is_known(
        self, store, other
    ):
        for number in range(30):
            writes = (each.commit(stream, number, [push(number)], [])
                      for each, stream in ((store, LOAN), (other, CARD)))  # fmt: skip
            results = await asyncio.gather(*writes, return_exceptions=True)
            assert sorted(type(each).__name__ for each in results) == ["KnownEventError", "int"]
            loser = LOAN if isinstance(results[0], KnownEventError) else CARD
            await store.commit(loser, number, [push(1000 + number)], [])

    async def test_a_note_is_what_was_kept_last_until_it_is_dropped(self, store):
        assert await store.note("pushes/r1") is None
        for value in ("41", "43", "42"):
            await store.keep_note("pushes/r1", value)
        await store.keep_note("pushes/r2", "\0")

        assert await store.note("pushes/r1") == "42"
        await store.drop_note("pushes/r1")
        await store.drop_note("pushes/r1")
        assert await store.note("pushes/r1") is None
        assert await store.note("pushes/r2") == "\0"

    async def test_a_note_outlives_the_process_and_is_seen_by_another(self, store, other):
        await store.keep_note("pushes/r1", "1")
        assert await other.note("pushes/r1") == "1"
        await other.keep_note("pushes/r1", "2")
        assert await store.note("pushes/r1") == "2"
        await store.drop_note("pushes/r1")
        assert await other.note("pushes/r1") is None

    async def test_of_two_stores_that_keep_a_note_one_is_kept_whole(self, store, other):
        for number in range(50):
            key = f"pushes/{number}"
            await asyncio.gather(store.keep_note(key, "one"), other.keep_note(key, "two"))
            assert await store.note(key) == await other.note(key) in {"one", "two"}

    async def test_two_stores_agree_on_an_effect(self, store, other):
        for number in range(100):
            key = f"run/{number}"
            kept = await asyncio.gather(store.effect(key, "one"), other.effect(key, "two"))
            assert kept[0] == kept[1] == await store.find_effect(key)

    async def test_a_new_card_is_leased_to_one_of_two_stores(self, store, other):
        for number in range(100):
            leases = await both_lease(store, other, f"release/{number}", 30)
            assert sum(lease is not None for lease in leases) == 1

    async def test_a_lease_that_ran_out_goes_to_one_of_two_stores(self, store, other):
        for number in range(300):
            await store.lease_card(f"release/{number}", "gone", -1)
            leases = await both_lease(store, other, f"release/{number}", 30)
            assert sum(lease is not None for lease in leases) == 1

    async def test_a_late_holder_changes_nothing_for_the_next_one(self, store, other):
        await store.lease_card("release/1", "late", -1)
        await other.lease_card("release/1", "next", 30)
        await store.keep_card("late", ShownCard(key="release/1", activity="late"))
        await store.release_lease("release/1", "late")

        assert await store.lease_card("release/1", "late", 30) is None
        assert await shown_cards(other) == [ShownCard(key="release/1")]

    async def test_commits_and_leases_of_two_stores_do_not_block_each_other(self, store, other):
        """In each batch the one begins with a card, and the other with the ledger."""
        for number in range(40):
            results = await asyncio.gather(
                store.lease_card("release/1", "one", 30),
                store.commit(LOAN, number, [push(number)], [job(f"job/{number}")]),
                other.commit(CARD, number, [push(number, CARD)], [job(f"other/{number}")]),
                other.lease_card("release/1", "one", 30),
                store.effect(f"run/{number}", "one"),
                other.lease_card("release/2", "two", 30),
                other.effect(f"run/{number}", "two"),
                store.lease_card("release/2", "two", 30),
            )
            assert None not in results
            await asyncio.gather(*(each.mark_sent([f"job/{number}"]) for each in (store, other)))
        verify([line async for line in store.export()])


async def both_lease(store, other, key, lease_s):
    return await asyncio.gather(
        store.lease_card(key, "one", lease_s), other.lease_card(key, "two", lease_s)
    )
