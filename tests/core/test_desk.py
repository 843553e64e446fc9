"""The desk knows which dead letters are open, who sent one again, and what had no repository."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from core.desk import KEPT_CLOSED, KEPT_STRAYS, Desk, desk_after
from core.events.derived import DecisionRefused, EventIgnored
from core.events.desk import (
    AddressMapped,
    LetterBuried,
    LetterGone,
    LetterRedriven,
    MappingRequested,
    RedriveRequested,
)
from core.events.outside import (
    ApprovalCompleted,
    ApprovalPending,
    BuildCompleted,
    DeliveryIgnored,
    RegistryHinted,
    RunStateChanged,
    StageStateChanged,
)
from core.flow import Context, decide
from core.flow.decision import CardRef
from core.git_events import EVERYDAY
from core.policy import Policy
from core.release.model import Model
from core.words import PLATFORM
from tests.core.story import ADA, BEN, OUT

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def at(minute):
    return START + timedelta(minutes=minute)


def buried(number, minute=0):
    return LetterBuried(
        id=f"buried/{number}/{minute}", time=at(minute), queue="steps", message=f"m{number}",
        reason="ValueError in steps, twice", about="the step train of loan-1", release="loan-1",
    )  # fmt: skip


def redriven(number, by=ADA, minute=1):
    return LetterRedriven(
        id=f"redriven/{number}/{by.id}", time=at(minute), queue="steps", message=f"m{number}", by=by
    )


def wanted(number, by=ADA, minute=1):
    return RedriveRequested(
        id=f"redrive/{number}/{by.id}", time=at(minute), queue="steps", message=f"m{number}", by=by
    )


def gone(number, since=0):
    return LetterGone(
        id=f"gone/{number}", time=at(9), queue="steps", message=f"m{number}", since=at(since)
    )


def desk_of(*events):
    return desk_after(Desk(), events)


def decided(desk, event):
    context = Context(now=START, policy=Policy(platform_team=("credit",)), desk=desk)
    return decide(Model(stream=PLATFORM, version=desk.version), event, context)


def test_a_dead_letter_is_open_with_its_reason_and_what_it_was_about():
    [letter] = desk_of(buried(1)).open_letters()

    assert letter.id == "steps/m1"
    assert (letter.reason, letter.about) == (buried(1).reason, "the step train of loan-1")
    assert (letter.release, letter.since) == ("loan-1", START)


def test_who_sent_it_again_and_when_is_known():
    desk = desk_of(buried(1), buried(2), redriven(1))

    closed = desk.letters["steps/m1"]
    assert (closed.redriven_by, closed.redriven, closed.is_open) == (ADA, at(1), False)
    assert [letter.message for letter in desk.open_letters()] == ["m2"]


def test_a_letter_that_died_again_is_open_anew():
    desk = desk_of(buried(1), redriven(1), buried(1, minute=5))

    [letter] = desk.open_letters()
    assert (letter.since, letter.times, letter.sent_before) == (at(5), 2, ADA)


def test_of_two_people_who_send_it_again_the_first_one_did_it():
    desk = desk_of(buried(1), redriven(1), redriven(1, by=BEN, minute=2))

    assert desk.letters["steps/m1"].redriven_by == ADA


@pytest.mark.parametrize(
    ("desk", "reason"),
    [
        (desk_of(), "No dead letter steps/m1 is on the desk"),
        (desk_of(buried(1), redriven(1)), "sent again before, by Ada"),
        (desk_of(buried(1), gone(1)), "not in its queue any more"),
        (desk_of(buried(1)), ""),
    ],
)
def test_sending_again_what_is_not_open_says_why_nothing_came_of_it(desk, reason):
    decision = decided(desk, wanted(1, by=BEN))

    assert (decision.refusal is None) == (reason == "")
    assert reason in (decision.refusal.reason if decision.refusal else "")
    assert len(decision.jobs) == (reason == "")


def test_a_letter_of_a_queue_that_is_no_more_says_so():
    old = msgspec.structs.replace(buried(1), queue="jobs")
    asked = msgspec.structs.replace(wanted(1), queue="jobs")
    refusal = decided(desk_of(old), asked).refusal

    assert refusal.reason == "There is no queue 'jobs' any more, so nothing was sent."


@pytest.mark.parametrize("event", [buried(1), wanted(1), gone(1)])
def test_the_letters_card_follows(event):
    assert decided(desk_of(buried(1)), event).cards == (CardRef("letter", "steps/m1"),)


def test_no_card_tells_of_a_letters_own_card():
    """A bug in the card would make a letter of each letter's card, for ever."""
    event = msgspec.structs.replace(
        buried(1), queue="cards", message="card/letter/steps/m1/7~later-1"
    )

    assert decided(desk_of(), event).cards == ()


def test_who_may_sends_it_again_and_the_queue_is_asked_by_a_job():
    decision = decided(desk_of(buried(1)), wanted(1))

    [event], [job] = decision.events, decision.jobs
    assert (type(event), event.by, event.caused_by) == (LetterRedriven, ADA, wanted(1).id)
    assert (job.queue, job.message, job.since) == ("steps", "m1", START)


def test_who_may_not_leaves_the_letter_open():
    decision = decided(desk_of(buried(1)), wanted(1, by=OUT))
    desk = desk_of(buried(1), wanted(1, by=OUT), *decision.events)

    assert isinstance(decision.events[0], DecisionRefused)
    assert [letter.message for letter in desk.open_letters()] == ["m1"]
    assert desk.strays == 0


def test_what_left_its_queue_is_closed_and_what_died_anew_is_not_meant():
    assert desk_of(buried(1), gone(1)).letters["steps/m1"].gone == at(9)
    anew = desk_of(buried(1), redriven(1), buried(1, minute=5), gone(1))
    assert anew.letters["steps/m1"].is_open
    assert "was no open letter" in decided(anew, gone(1)).events[0].reason


def test_of_closed_letters_only_the_last_stay_and_every_open_one():
    events = [event for n in range(200) for event in (buried(n), redriven(n, minute=n))]
    desk = desk_of(*(buried(number) for number in range(1000, 1100)), *events)

    assert len(desk.open_letters()) == 100
    closed = [letter.message for letter in desk.letters.values() if not letter.is_open]
    assert closed == [f"m{number}" for number in range(200 - KEPT_CLOSED, 200)]


def test_events_that_belong_to_no_repository_are_counted_and_the_last_ones_named():
    hints = [RegistryHinted(id=f"h{n}", time=at(n), model="stranger", what="x") for n in range(50)]
    desk = desk_of(*hints)

    assert desk.strays == 50
    assert [stray.event for stray in desk.last_strays] == [f"h{n}" for n in range(50)][
        -KEPT_STRAYS:
    ]


@pytest.mark.parametrize(
    "event",
    [
        BuildCompleted(id="b", time=START, project="p", build=1),
        RunStateChanged(id="r", time=START, project="p", run=1),
        StageStateChanged(id="s", time=START, project="p", run=1, stage="deploy"),
        ApprovalPending(id="a", time=START, project="p", approval="1"),
        ApprovalCompleted(id="c", time=START, project="p", approval="1"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_pipelines_say_hides_no_stray(event):
    desk = desk_of(event)
    assert (desk.strays, desk.last_strays, desk.version) == (0, (), 1)
    assert decided(desk, event).events == decided(desk, event).cards == ()


@pytest.mark.parametrize("reason", sorted(EVERYDAY))
def test_what_comes_every_day_and_is_not_for_us_hides_no_stray(reason):
    desk = desk_of(DeliveryIgnored(id="c", time=START, what="a comment", reason=reason))
    assert (desk.strays, desk.version) == (0, 1)


def test_a_stray_says_why_nothing_came_of_it():
    hint = RegistryHinted(id="h1", time=START, model="stranger", what="x")
    ignored = EventIgnored(id="h1/ignored", time=START, caused_by="h1", reason="nobody claims it")
    tag = DeliveryIgnored(id="d1", time=START, what="git.push", reason="a tag")
    desk = desk_of(hint, ignored, tag)

    assert desk.strays == 2
    assert [stray.reason for stray in desk.last_strays] == ["nobody claims it", "a tag"]
    assert desk.version == 3


def test_a_message_that_was_given_back_for_later_is_the_same_letter():
    first = msgspec.structs.replace(buried(1), message="m1~later-1")
    again = msgspec.structs.replace(first, id="2", message="m1~later-3", time=at(5))
    desk = desk_of(first, redriven(1), again)

    [letter] = desk.open_letters()
    assert (letter.id, letter.message, letter.times) == ("steps/m1", "m1~later-3", 2)
    assert decided(desk, wanted(1)).jobs[0].message == "m1~later-3"


def wish(address, person, by=ADA, minute=1, **more):
    given = {"found": {BEN.id: BEN}.get(person), **more}
    return MappingRequested(
        id=f"map/{address}/{minute}", time=at(minute), address=address, person=person, by=by,
        **given,
    )  # fmt: skip


def flowed(desk, event, team=("credit",)):
    context = Context(now=event.time, policy=Policy(platform_team=team), desk=desk)
    decision = decide(Model(stream=PLATFORM), event, context)
    return decision, desk_after(desk, [event, *decision.events])


def test_an_address_that_was_mapped_is_found_whatever_its_case_and_says_who_said_so():
    decision, desk = flowed(Desk(), wish("Ben@Home.example", BEN.id, reason="he told us"))
    found = desk.mapped("  BEN@home.EXAMPLE")

    assert [type(event) for event in decision.events] == [AddressMapped]
    assert found is not None
    assert (found.address, found.person, found.by, found.reason, found.since) == (
        "Ben@Home.example", BEN.id, ADA, "he told us", at(1),
    )  # fmt: skip
    assert desk.mapped("home.example") is None
    assert desk.mapped("") is None


def test_mapping_anew_replaces_and_the_newest_comes_first():
    desk = Desk()
    for event in (
        wish("x@y", BEN.id, minute=1), wish("z@y", BEN.id, minute=2),
        wish("X@y ", "", minute=3, reason="a tool"),
    ):  # fmt: skip
        _, desk = flowed(desk, event)
    assert [(found.address, found.person) for found in desk.newest_mappings()] == [
        ("X@y ", ""), ("z@y", BEN.id),
    ]  # fmt: skip


REFUSED = {
    "a stranger": wish("x@y", BEN.id, by=OUT),
    "themselves": wish("x@y", ADA.id, found=ADA),
    "nobody there": wish("x@y", "zz"),
    "known already": wish("ben@bank.example", BEN.id, owner=BEN),
    "no reason": wish("x@y", ""),
    "no address": wish(" ", BEN.id),
}


@pytest.mark.parametrize("event", REFUSED.values(), ids=REFUSED)
def test_a_refused_wish_changes_nothing_and_is_kept(event):
    _, before = flowed(Desk(), wish("x@y", BEN.id, minute=0))
    decision, after = flowed(before, event)

    assert [type(event) for event in decision.events] == [DecisionRefused]
    assert decision.refusal is not None
    assert decision.refusal.reason
    assert after.mappings == before.mappings
    assert (after.strays, after.letters) == (before.strays, before.letters)
