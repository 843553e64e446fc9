"""The card of a release, from check to production."""

import msgspec
import pytest

from bot.cards import release as release_card
from core.card import Section, Table, Tone
from core.events.people import RetryRequested
from core.gate.checks import CheckResult, Finding, Measure, Status
from core.people import Person
from core.policy import Policy
from core.results import Checked, Registered
from core.words import ModelType, Stage, Step
from tests.bot.views import (
    NAMED,
    PAGES,
    found,
    in_production,
    in_sight,
    press,
    titles,
    verdict,
    view,
    words,
)
from tests.core.story import ADA, EVE, FAILED, RULEBASED, VOID, Story


def card_of(story: Story):
    return release_card.render(view(story))


def test_the_first_card_says_what_runs_and_since_when():
    card = card_of(Story().push(1))

    assert verdict(card).text == "Checking since 2026-01-05 08:00 UTC"
    assert verdict(card).tone is Tone.ACCENT
    assert "▶ check: running since 2026-01-05 08:00 UTC" in words(card)
    assert "· train: to come" in words(card)
    assert titles(card) == []


def test_a_push_by_a_service_is_shown_as_what_it_is():
    service = r"service_principal\7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01"
    assert f"by {service} (service principal)" in words(card_of(Story().push(1, pusher=service)))


def test_what_a_step_does_is_told_as_long_as_it_runs():
    story = Story().push(1).finish(Step.CHECK, NAMED).progress(Step.TRAIN, "fetching 34 packages")

    assert "Now: fetching 34 packages." in in_sight(card_of(story))
    assert "Now:" not in words(card_of(story.finish(Step.TRAIN, FAILED)))
    assert "Now:" not in words(card_of(story.retry()))


def test_the_card_links_to_the_page_of_the_release():
    card = card_of(Story().push(1))

    assert [link.url for link in card.links] == [f"{PAGES}/releases/loan-1"]


def test_a_blocked_release_shows_each_finding_with_its_line_and_how_to_mend_it():
    broken = Checked(checks=(found(2),), model="loan_default", team="credit")

    card = card_of(Story().push(1).finish(Step.CHECK, broken))

    assert verdict(card).text == "Blocked by the gate"
    assert verdict(card).tone is Tone.BAD
    assert "model_variables.yml:2\nis blank: mend thing 2" in in_sight(card)
    assert "✗ check" in words(card)
    assert titles(card) == ["Retry"]


def test_ten_findings_are_shown_and_the_rest_counted():
    many = Checked(checks=(found(7, "b", 2), found(8, "a", 1)), model="loan_default", team="credit")

    shown = words(card_of(Story().push(1).finish(Step.CHECK, many)))

    assert shown.count("mend thing") == 10
    assert shown.index("a (priority 1") < shown.index("b (priority 2")
    assert "and 5 findings more on the release page" in shown


def test_a_check_that_could_not_run_is_no_pass():
    crashed = CheckResult(
        check="lint", title="Lint", owner="GBI", priority=3,
        status=Status.COULD_NOT_RUN, note="it took too long",
    )  # fmt: skip
    gate = Checked(checks=(crashed,), model="loan_default", team="credit")

    shown = words(card_of(Story().push(1).finish(Step.CHECK, gate)))

    assert "1 finding of the gate" in shown
    assert "could not run: it took too long" in shown


def test_another_branch_gets_the_report_of_the_gate_only():
    card = card_of(Story().push(1, branch="idea").finish(Step.CHECK, NAMED))

    assert verdict(card).text == "The gate found nothing to mend"
    assert "train" not in words(card)


def test_a_branch_with_findings_says_how_many():
    gate = Checked(checks=(found(3),), model="loan_default", team="credit")

    card = card_of(Story().push(1, branch="idea").finish(Step.CHECK, gate))

    assert verdict(card).text == "The gate has 3 findings for this branch"
    assert verdict(card).tone is Tone.WARN


def test_a_failed_step_says_why_and_can_be_retried():
    story = Story().push(1).finish(Step.CHECK, NAMED).finish(Step.TRAIN, FAILED)

    card = card_of(story)

    assert verdict(card).text == "Train failed"
    assert "train() raised ValueError at src/train.py:12" in in_sight(card)
    assert "✗ train: failed" in words(card)
    assert titles(card) == ["Retry"]


def test_a_second_attempt_is_counted():
    story = Story(is_local=True).push(1).finish(Step.CHECK, NAMED).finish(Step.TRAIN, FAILED)

    assert "▶ train: running since 2026-01-05 08:03 UTC (attempt 2)" in words(
        card_of(story.retry())
    )


def test_retry_asks_for_it_in_the_name_of_who_pressed():
    story = Story().push(1).finish(Step.CHECK, NAMED).finish(Step.TRAIN, FAILED)
    click = press(card_of(story), "Retry", ADA, press_id="c1")

    event = release_card.retry(click)(time=story.now)

    assert event == RetryRequested(
        id="retry/loan-1/ada/c1", time=story.now, release="loan-1", by=ADA
    )


def test_an_evaluated_release_waits_for_its_team():
    card = card_of(Story().push(1).to_acceptance(NAMED))

    assert verdict(card).text == "Evaluated: credit has to accept it"
    assert "✓ score: done in 1 min 0 s, 10 rows" in words(card)
    assert "auc | 0.7" in in_sight(card)
    assert "no champion to compare with" in words(card)


def test_metrics_are_compared_with_the_champion_in_the_policys_direction():
    story = in_production(auc=0.7).push(2).to_acceptance(NAMED, auc=0.6)

    table = next(
        part
        for section in card_of(story).body
        if isinstance(section, Section) and "champion loan-1" in section.title
        for part in section.body
        if isinstance(part, Table)
    )

    assert table.header == ("metric", "now", "champion", "change")
    assert [cell.text for cell in table.rows[0]] == ["auc", "0.6", "0.7", "-0.1"]
    assert table.rows[0][3].tone is Tone.BAD


def test_a_registered_release_offers_qa_only():
    card = card_of(Story().push(1).to_registered("1", NAMED))

    assert verdict(card).text == "Version 1 is registered"
    assert titles(card) == ["Request QA"]
    assert press(card, "Request QA").data == {"release": "loan-1", "stage": "QA"}


def test_what_the_gate_blocks_is_not_offered():
    gate = Checked(
        checks=(found(1, "ml_cluster", priority=2),), model="loan_default", team="credit"
    )

    card = card_of(Story().push(1).to_registered("1", gate))

    assert titles(card) == []
    assert "The gate blocks QA: 1 finding to mend first (ml_cluster)." in in_sight(card)


def test_after_qa_comes_production():
    story = Story().push(1).to_registered("1", NAMED).promoted(Stage.QA)

    card = card_of(story)

    assert verdict(card).text == "Version 1 holds QA: 5 rows scored there"
    assert "✓ promote QA: done in 1 min 0 s, 5 rows" in words(card)
    assert titles(card) == ["Request PROD"]


def test_a_requested_stage_waits_for_its_approvers():
    card = card_of(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    assert verdict(card).text == "Version 1 awaits approval for QA"
    assert "· promote QA: awaits approval" in words(card)
    assert titles(card) == ["Withdraw"]


def test_a_promotion_says_where_to():
    card = card_of(Story().push(1).to_registered("1", NAMED).request(Stage.QA).approve(EVE))

    assert verdict(card).text == "Promoting to QA since 2026-01-05 08:08 UTC"
    assert "log of the run is on the release page" in in_sight(card)


def test_a_failed_promotion_says_where_to():
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA).approve(EVE)

    card = card_of(story.finish(Step.PROMOTE, FAILED, stage=Stage.QA))

    assert verdict(card).text == "Promote to QA failed"
    assert titles(card) == ["Retry", "Give up QA"]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (
            lambda story: story.approve(EVE, yes=False, comment="too soon"),
            "Eve rejected QA: too soon",
        ),
        (
            lambda story: story.approve(EVE).finish(Step.PROMOTE, VOID, stage=Stage.QA),
            "the artifact has changed",
        ),
    ],
    ids=["rejected", "void"],
)
def test_a_request_that_came_to_nothing_can_be_made_again(end, reason):
    story = end(Story().push(1).to_registered("1", NAMED).request(Stage.QA))

    card = card_of(story)

    assert reason in in_sight(card)
    assert titles(card) == ["Request QA"]


def test_in_production_nothing_is_left_to_press():
    card = card_of(in_production())

    assert verdict(card).text == "Version 1 holds PROD: 5 rows scored there"
    assert verdict(card).tone is Tone.GOOD
    assert titles(card) == []


def test_the_champion_is_compared_with_the_version_that_it_replaced():
    story = in_production(auc=0.7).push(2).to_registered("2", NAMED)
    story.promoted(Stage.QA, "2").promoted(Stage.PROD, "2")

    assert "Metrics against the champion loan-1" in words(card_of(story))


def test_an_old_release_says_what_its_stage_holds_now():
    story = in_production()
    first = story.release.id
    story.push(2).to_registered("2", NAMED).promoted(Stage.QA, "2").promoted(Stage.PROD, "2")

    card = release_card.render(view(story, story.model.releases[first]))

    said = verdict(card).text
    assert said == "Version 1 was on PROD until 2026-01-05 08:25 UTC, when version 2 (loan-2) came"
    assert said.parts[1] == story.model.releases[first].left[Stage.PROD].since


@pytest.mark.parametrize("ends_with", ["superseded", "rejected"])
def test_a_release_that_has_ended_says_so_and_has_no_buttons(ends_with):
    story = Story().push(1).to_acceptance(NAMED)
    first = story.release.id
    if ends_with == "superseded":
        story.push(2)
    else:
        story.accept(ADA, yes=False, reason="auc too low")

    card = release_card.render(view(story, story.model.releases[first]))

    assert verdict(card).text == f"{ends_with.capitalize()}: it goes no further"
    assert {"superseded": "superseded by loan-2", "rejected": "Ada: auc too low"}[
        ends_with
    ] in words(card)
    assert titles(card) == []


def test_a_run_that_was_superseded_was_cancelled():
    story = Story().push(1)
    first = story.release.id
    story.push(2)

    card = release_card.render(view(story, story.model.releases[first]))

    assert "· check: was cancelled" in words(card)
    assert "· train: not reached" in words(card)


def test_a_stuck_release_can_be_retried():
    card = card_of(Story().push(1).bury())

    assert verdict(card).text == "Stuck at check"
    assert titles(card) == ["Retry"]


def test_a_rule_based_release_has_no_training():
    story = Story().push(1).finish(Step.CHECK, RULEBASED)

    assert RULEBASED.model_type is ModelType.RULEBASED
    assert "train" not in words(card_of(story))


def test_the_card_names_branch_commit_and_who_pushed():
    assert "main · 00000000 · by ada · 2026-01-05 08:00 UTC" in words(card_of(Story().push(1)))


def test_registering_is_shown_while_it_runs():
    card = card_of(Story().push(1).to_acceptance(NAMED).accept())

    assert verdict(card).text.startswith("Registering since")


def test_a_version_may_be_registered_by_somebody_whom_the_card_does_not_know():
    stranger = Person(id="x", name="X", groups=frozenset({"credit"}))
    story = Story().push(1).to_acceptance(NAMED).accept(stranger)

    card = card_of(story.finish(Step.REGISTER, Registered(version="9", artifact_digest="a")))

    assert verdict(card).text == "Version 9 is registered"


LINT = CheckResult(
    check="lint", title="Readable code", owner="GBI", priority=3, status=Status.FOUND,
    findings=(
        Finding("src/train.py", "remove it", "unused import", 3, "W0611", is_advice=True),
    ),
    measures=(Measure("score", 9.5, "of 10"),),
)  # fmt: skip


def test_what_is_found_so_far_is_shown_while_slower_checks_run():
    card = card_of(Story().push(1).report(found(1), waiting=("lint", "unit_tests")))

    assert verdict(card).text == "Checking since 2026-01-05 08:00 UTC"
    assert "is blank: mend thing 1" in in_sight(card)
    assert "Still running: lint, unit_tests." in in_sight(card)


def test_no_check_still_runs_for_a_release_that_was_superseded():
    story = Story().push(1).report(found(1), waiting=("lint",))
    first = story.release.id
    story.push(2)

    card = release_card.render(view(story, story.model.releases[first]))

    assert verdict(card).text == "Superseded: it goes no further"
    assert "Still running" not in in_sight(card)


def test_advice_is_counted_and_blocks_nothing():
    checked = Checked(checks=(found(1), LINT), model="loan_default", team="credit")
    card = card_of(Story().push(1).finish(Step.CHECK, checked))

    assert "1 finding of the gate" in in_sight(card)
    assert "1 hint on the release page: they block nothing." in in_sight(card)
    assert "unused import" not in words(card)


def test_a_finding_says_what_it_blocks():
    broken = Checked(checks=(found(1, "readme", 2),), model="loan_default", team="credit")
    card = card_of(Story().push(1).finish(Step.CHECK, broken))

    assert "readme (priority 2, GBI, blocks QA)" in words(card)


def test_the_gate_has_a_line_of_figures_with_their_trend():
    before = msgspec.structs.replace(LINT, measures=(Measure("score", 9.0, "of 10"),))
    first = Checked(checks=(before,), model="loan_default", team="credit")
    second = Checked(checks=(LINT, found(1)), model="loan_default", team="credit")
    story = Story().push(1).finish(Step.CHECK, first)
    assert "gate: 0 of 1 checks passed · lint 9 of 10" in words(card_of(story))

    story.push(2).finish(Step.CHECK, second)
    assert "gate: 0 of 2 checks passed · lint 9.5 of 10 (+0.5)" in words(card_of(story))


def test_who_asked_takes_the_request_back_from_the_card():
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA)
    click = press(card_of(story), "Withdraw", ADA, press_id="c1")

    story.tell(release_card.withdraw(click)(time=story.now))

    assert story.events[-2].id == "withdraw/loan-1/QA/ada/c1"
    assert verdict(card_of(story)).text == "Version 1 is registered"
    assert "Ada withdrew the request for QA." in words(card_of(story))


def test_a_promotion_that_failed_is_given_up_from_the_card():
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA).approve(EVE)
    story.finish(Step.PROMOTE, FAILED, stage=Stage.QA)
    click = press(card_of(story), "Give up QA", ADA, press_id="c1")

    story.tell(release_card.give_up(click)(time=story.now))

    assert "Ada gave up promoting it to QA." in words(card_of(story))
    assert titles(card_of(story)) == ["Request QA"]


def test_a_request_that_nobody_can_approve_any_more_says_why_and_is_asked_for_anew():
    story = Story().push(1).to_registered("1", NAMED).request(Stage.QA)
    story.policy = Policy(approvers={"QA": ("risk",)})

    assert "the groups that approve QA changed" in words(card_of(story))
    assert titles(card_of(story)) == ["Request QA", "Withdraw"]
