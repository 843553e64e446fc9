"""The card that asks another person to approve a stage."""

import msgspec
import pytest

from adapters.teams.adaptive_cards import LARGEST, encode, size
from bot.cards import approval
from bot.since_champion import Changes
from core.card import Section, Text, TextInput, Tone
from core.events.people import ApprovalDecided
from core.gate.checks import Accepted, CheckResult, Status
from core.people import Person
from core.policy import Policy
from core.results import Author, Checked, Commit, Promoted, Registered
from core.words import Stage, Step
from tests.bot.views import (
    CHANGES,
    NAMED,
    approval_view,
    found,
    in_production,
    in_sight,
    press,
    titles,
    verdict,
    words,
)
from tests.core.story import EVE, FAILED, VOID, Story

REGISTERED = Registered(version="2", artifact_digest="a2")
CHANGED = Checked(
    checks=(),
    model="loan_default",
    team="credit",
    libraries=("numpy==2.1.0", "scikit_learn==1.5.0", "shap==0.46"),
    variables={"CATEGORY": "mortgage"},
    authors=(Author("ada@example.org", "Ada", "ada"),),
)


def second(auc: float = 0.6, checked: Checked = CHANGED, stage: Stage = Stage.PROD) -> Story:
    """A second release that asks for a stage that the first one holds."""
    story = in_production(auc=0.7).push(2).to_acceptance(checked, auc).accept()
    story.finish(Step.REGISTER, REGISTERED)
    return (story.promoted(Stage.QA, "2") if stage is Stage.PROD else story).request(stage)


def card_of(story: Story, stage: Stage = Stage.PROD, changes: Changes = CHANGES):
    return approval.render(approval_view(story, stage, changes))


def test_the_buttons_name_version_and_stage():
    card = card_of(second())

    assert titles(card) == ["Approve loan-2 for PROD", "Reject"]
    assert card.summary == "Approve loan-2 (loan_default version 2) for PROD?"


def test_the_verdict_is_the_comparison_with_the_champion():
    assert verdict(card_of(second(auc=0.6))).text == "1 of 1 metric worse than the champion"
    assert verdict(card_of(second(auc=0.8))).tone is Tone.GOOD


def test_verdict_largest_changes_and_request_are_in_sight():
    shown = in_sight(card_of(second()))

    assert "auc | 0.6 | 0.7 | -0.1" in shown
    assert "1 commit by Ada · 2 files · 2 libraries · 1 variable · data unchanged" in shown
    assert "Purpose: a better cut" in shown
    assert "Expected: fewer losses" in shown
    assert "Fall-back: version 1 (loan-1)" in shown
    assert "Asked by: Ada, 2026-01-05 08:23 UTC" in shown


def test_the_details_since_the_champion_are_a_tap_away():
    card = card_of(second())
    details = next(part for part in card.body if isinstance(part, Section))

    shown = words(card)
    assert details.title == "Since the champion loan-1"
    assert not details.is_open
    for line in (
        "ffffffff Refit (Ada)",
        "src/train.py",
        "numpy 1.26.4 → 2.1.0",
        "shap added: 0.46",
        "CATEGORY retail → mortgage",
        "Data unchanged",
    ):
        assert line in shown
    assert "scikit" not in shown  # spelled otherwise, the same library at the same pin


def test_only_the_three_largest_changes_of_many_metrics_are_in_sight():
    story = in_production()
    story.push(2).to_acceptance(CHANGED).accept().finish(Step.REGISTER, REGISTERED)
    story.request(Stage.QA)
    view = approval_view(story, Stage.QA)
    now = {"auc": 0.7, "f1": 0.5, "gini": 0.1, "ks": 0.9}
    release = with_metrics(story.release, now)
    champion = with_metrics(story.model.champion, {**now, "ks": 0.1, "gini": 0.2, "f1": 0.51})
    model = msgspec.structs.replace(story.model, releases={"loan-1": champion, "loan-2": release})

    card = approval.render(msgspec.structs.replace(view, model=model, release=release))

    shown = in_sight(card)
    assert shown.index("ks |") < shown.index("gini |") < shown.index("f1 |")
    assert "auc |" not in shown
    assert "auc |" in words(card)


def with_metrics(release, metrics):
    ran = release.ran[Step.EVALUATE]
    changed = {**release.ran, Step.EVALUATE: msgspec.structs.replace(ran, metrics=metrics)}
    return msgspec.structs.replace(release, ran=changed)


def test_who_may_decide_and_who_may_not_is_said():
    shown = words(card_of(second()))

    assert "Members of: approvers" in shown
    assert "They are: Eve" in shown
    assert "Not Ada: pushed this commit" in shown


def test_a_first_version_has_no_champion():
    card = card_of(Story().push(1).to_registered("1", NAMED).request(Stage.QA), Stage.QA)

    assert verdict(card).text == "Nothing holds PROD yet: there is no champion to compare with"
    assert "Fall-back: none: QA was empty" in words(card)
    assert "What is in it" in words(card)


def test_findings_that_warn_are_on_the_card():
    gate = msgspec.structs.replace(CHANGED, checks=(found(2, "readme", 4),))

    assert "2 findings that warn" in words(card_of(second(checked=gate)))


def test_a_git_host_that_is_down_does_not_lose_the_card():
    card = card_of(second(), changes=Changes(missing="The git host does not answer."))

    assert "by Ada · 2 libraries" in in_sight(card)
    assert "The git host does not answer." in words(card)
    assert "Authors, as the gate noted them: Ada" in words(card)
    assert titles(card) == ["Approve loan-2 for PROD", "Reject"]


def test_a_long_history_is_counted_and_not_listed():
    author = Author("ada@example.org", "Ada")
    commits = tuple(Commit(id=f"{n:040x}", author=author, subject="s" * 200) for n in range(30))
    files = tuple(f"src/module_{n}/{'x' * 80}.py" for n in range(60))
    changes = Changes(commits=commits, files=files, commit_count=1200, file_count=800)

    card = card_of(second(), changes=changes)

    assert "1200 commits by Ada · 800 files" in in_sight(card)
    assert "and 1190 more on the release page" in words(card)
    assert size(encode(card)) <= LARGEST


@pytest.mark.parametrize("approved", [True, False])
def test_a_decision_takes_approval_person_and_comment_along(approved):
    story = second()
    title = "Approve loan-2 for PROD" if approved else "Reject"
    click = press(card_of(story), title, EVE, press_id="c1", comment=" seen ")

    event = (approval.approve if approved else approval.reject)(click)(time=story.now)

    promotion = story.release.promotion_to(Stage.PROD)
    assert event == ApprovalDecided(
        id=f"decision/{promotion.approval}/eve/c1", time=story.now, release="loan-2",
        approval=promotion.approval, by=EVE, approved=approved, comment="seen",
    )  # fmt: skip


def test_while_it_is_promoted_the_card_says_who_approved():
    card = card_of(second().approve(EVE, comment="fine"))

    assert verdict(card).text == "Approved by Eve: promoting to PROD"
    assert "Why: fine" in words(card)
    assert titles(card) == []


def test_the_last_card_says_who_when_why_and_how_many_rows():
    story = second().approve(EVE, comment="fine")
    story.finish(Step.PROMOTE, Promoted(version="2", rows=250), stage=Stage.PROD)

    card = card_of(story)

    assert verdict(card).text == "Approved by Eve, and placed on PROD on 2026-01-05 08:25 UTC"
    assert verdict(card).text.parts[1] == story.release.promotion_to(Stage.PROD).placed
    for line in ("Decided by: Eve", "When: 2026-01-05 08:24 UTC", "Why: fine", "Rows scored: 250"):
        assert line in in_sight(card)
    assert titles(card) == []
    assert not [part for part in card.body if isinstance(part, TextInput)]


def test_a_rejection_stays_readable():
    card = card_of(second().approve(EVE, yes=False, comment="recall fell"))

    assert verdict(card).text == "Rejected by Eve"
    assert "Why: recall fell" in in_sight(card)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (lambda story: story.push(3), "superseded by loan-3"),
        (
            lambda story: story.approve(EVE).finish(Step.PROMOTE, VOID, stage=Stage.QA),
            "the artifact has changed",
        ),
    ],
    ids=["newer push", "changed artifact"],
)
def test_a_void_card_says_why_and_has_no_buttons(end, why):
    story = second(stage=Stage.QA)
    view = approval_view(story, Stage.QA)
    end(story)
    ended = story.model.releases[view.release.id]
    view = msgspec.structs.replace(
        view, model=story.model, release=ended, promotion=ended.promotion_to(Stage.QA)
    )

    card = approval.render(view)

    assert verdict(card).text == "Void: nobody can decide this any more"
    assert f"Why: {why}" in in_sight(card)
    assert titles(card) == []


def test_an_approval_whose_promotion_failed_says_so():
    story = second().approve(EVE).finish(Step.PROMOTE, FAILED, stage=Stage.PROD)

    assert verdict(card_of(story)).text == "Approved by Eve, but promoting to PROD failed"


def test_a_person_who_was_picked_in_a_window_is_marked():
    picked = Person(
        id="eve", name="Eve", groups=frozenset({"approvers"}), identity="local_unverified"
    )
    story = Story(is_local=True).push(1).to_registered("1", NAMED).request(Stage.QA)

    card = card_of(story.approve(picked, yes=False, comment="no"), Stage.QA)

    assert "Decided by: Eve (identity not verified)" in words(card)


def test_what_can_no_longer_be_approved_says_why_in_place_of_the_button():
    story = second()
    story.policy = Policy(approvers={"PROD": ("risk",)})

    card = card_of(story)

    assert "the groups that approve PROD changed" in in_sight(card)
    assert "ask for PROD anew. A member of credit can." in in_sight(card)
    assert titles(card) == ["Reject"]


def with_accepted(*accepted: Accepted) -> Story:
    result = CheckResult(
        check="secrets", title="No secrets", owner="GBI", priority=1, status=Status.PASSED,
        accepted=accepted,
    )  # fmt: skip
    return second(checked=msgspec.structs.replace(CHANGED, checks=(result,)))


def test_a_secret_that_the_repository_accepts_is_a_warning_with_who_accepted_it():
    known = Accepted(
        path="src/load.py", line=3, what="AWS key", key="00", by="Ada", at="2026-01-02",
        commit="0123456789abcdef",
    )  # fmt: skip
    card = card_of(with_accepted(known, Accepted(path="b.py", what="Password")))

    warnings = [
        each.text for each in card.body if isinstance(each, Text) and each.tone is Tone.WARN
    ]
    assert warnings == [
        "2 secrets accepted as a false alarm by the repository itself",
        "src/load.py:3 (AWS key): accepted by Ada on 2026-01-02, commit 0123456789ab",
        "b.py (Password): nobody knows who accepted it; ask the team before you decide",
    ]


def test_without_accepted_secrets_there_is_no_such_warning():
    assert "false alarm" not in words(card_of(second()))
