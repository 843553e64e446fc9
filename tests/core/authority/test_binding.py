"""What an approval is bound to: what decided holds it, what did not leaves it standing, by name."""

import hashlib

import msgspec
import pytest

from core.authority.acts import ApproveStage
from core.authority.binding import WHAT, bound, digest, listed
from core.authority.evaluate import may
from core.authority.ruling import Condition
from core.events.derived import PromotionRequested
from core.gate.check_rules import CheckRules
from core.gate.checks import CheckResult, Finding, Status
from core.policy import CheckRule, Policy
from core.release.state import State
from core.results import Promoted, Registered
from core.words import BlobId, Stage, Step
from tests.core.story import ADA, BEN, CHECKED, EVE, OUT, Story

WARNS = CheckResult(
    check="readme", title="The README says enough", owner="GBI", priority=4,
    status=Status.FOUND, findings=(Finding("README.md", "say more"),),
)  # fmt: skip
LOOKED_AT = msgspec.structs.replace(CHECKED, checks=(WARNS,))


def asked(policy: Policy | None = None, stage: Stage = Stage.QA) -> Story:
    story = Story(policy=policy).push(1).to_registered(checked=LOOKED_AT)
    return story.request(stage) if stage is Stage.QA else story.promoted(Stage.QA).request(stage)


STANDS = {
    "more workers": Policy(max_workers=2),
    "a limit of a check": Policy(rules=msgspec.convert({"readme": {"min_words": 7}}, CheckRules)),
    "the approvers of another stage": Policy(approvers={"QA": ("approvers",), "PROD": ("risk",)}),
    "the order of another stage": Policy(stage_order={}),
    "what blocks another stage": Policy(blocks={"acceptance": 1, "QA": 2, "PROD": 5}),
    "a rule of another stage": Policy(checks={"readme": CheckRule(at={"PROD": "block"})}),
    "a check that blocks no more than before": Policy(checks={"readme": CheckRule(priority=5)}),
    "the platform team": Policy(platform_team=("gbi",)),
    "which way a metric is better": Policy(directions={"auc": "lower"}),
    "the same groups in other letters": Policy(approvers={"QA": ("Approvers",), "PROD": ()}),
}


@pytest.mark.parametrize("policy", STANDS.values(), ids=STANDS)
def test_a_policy_that_changed_what_decides_nothing_leaves_the_request_standing(policy):
    story = asked()
    story.policy = policy

    assert story.approve(EVE).release.state is State.PROMOTING


VOIDS = {
    "the groups": (
        Policy(approvers={"QA": ("approvers", "risk")}), "the groups that approve QA changed",
    ),
    "the order": (
        Policy(stage_order={"QA": "TST"}), "the stage that comes before QA changed",
    ),
    "the limit": (Policy(blocks={"QA": 3}), "which checks block QA changed"),
    "a check that blocks now": (
        Policy(checks={"readme": CheckRule(at={"QA": "block"})}), "which checks block QA changed",
    ),
    "a check that is ranked higher": (
        Policy(checks={"readme": CheckRule(priority=1)}), "which checks block QA changed",
    ),
    "all at once": (
        Policy(approvers={"QA": ("approvers", "risk")}, blocks={"QA": 3}),
        "which checks block QA and the groups that approve QA changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "words"), VOIDS.values(), ids=VOIDS)
def test_a_policy_that_changed_what_decided_is_told_by_name(policy, words):
    story = asked()
    story.policy = policy
    story.approve(EVE)

    assert words in story.refusal
    assert "ask for QA anew" in story.refusal
    assert story.decision.refusal.who_can == "A member of credit can."


@pytest.mark.parametrize("person", [ADA, BEN])
def test_the_team_asks_anew_without_a_rejection_and_the_old_request_ends(person):
    story = asked()
    old = story.release.open_promotion()
    story.policy = Policy(approvers={"QA": ("approvers", "risk")})
    story.request(Stage.QA, person)

    assert story.derived == ["ApprovalVoided", "PromotionRequested"]
    assert "asked for anew" in story.release.promotions[old.approval].void_reason
    assert story.release.state is State.AWAITING_APPROVAL
    assert story.approve(EVE, approval=old.approval).refusal.startswith("This card is out of date")
    assert story.approve(EVE).release.state is State.PROMOTING


def test_while_it_is_good_and_undecided_a_second_request_is_refused():
    story = asked()

    assert "loan-1 is awaiting approval" in story.request(Stage.QA).refusal


def test_only_the_team_asks_anew():
    story = asked()
    story.policy = VOIDS["the limit"][0]

    assert "Only members of credit request a stage" in story.request(Stage.QA, OUT).refusal


def test_a_request_that_is_no_longer_good_leads_to_no_other_stage():
    story = asked(stage=Stage.PROD)
    story.policy = Policy(approvers={"PROD": ("risk",)})

    assert "is awaiting approval" in story.request(Stage.QA).refusal


CHANGES = {
    "repository": {"repository": "another"},
    "commit": {"commit": "f" * 40},
    "configuration": {"checked": {"configuration_digest": "another"}},
    "environment": {"checked": {"environment_digest": "another"}},
    "runtime": {"checked": {"runtime": "17.3.x"}},
    "team": {"checked": {"team": "another"}},
    "data": {"ran": {"data_fingerprint": "another"}},
    "metrics": {"ran": {"metrics": {"auc": 0.9}}},
    "version": {"registered": Registered(version="2", artifact_digest="a1")},
    "artifact": {"registered": Registered(version="1", artifact_digest="another")},
    "report": {"checked": {"report": BlobId("sha256:another")}},
}


def _with(release, field, value):
    if field == "ran":
        return {key: msgspec.structs.replace(ran, **value) for key, ran in release.ran.items()}
    return msgspec.structs.replace(release.checked, **value) if field == "checked" else value


@pytest.mark.parametrize("name", CHANGES)
def test_each_value_of_the_release_is_bound(name):
    story = asked()
    release = story.release
    changes = {field: _with(release, field, value) for field, value in CHANGES[name].items()}
    changed = msgspec.structs.replace(release, **changes)
    story.model = msgspec.structs.replace(story.model, releases={release.id: changed})
    act = ApproveStage(release=release.id, approval=release.open_promotion().approval)

    [unmet] = [
        part
        for part in may(None, act, story.model, story.context).parts
        if part.about == Condition.BOUND
    ]
    assert WHAT[name] in unmet.reason


def test_a_finding_that_says_something_else_changes_the_report():
    """The number of findings is no report: another one is another reason to say no."""
    other = msgspec.structs.replace(WARNS, findings=(Finding("README.md", "say something else"),))
    story = asked()
    release = story.release
    changed = msgspec.structs.replace(
        release, checked=msgspec.structs.replace(release.checked, checks=(other,))
    )
    before = bound(story.model, release, Stage.QA, story.policy)
    after = bound(story.model, changed, Stage.QA, story.policy)

    assert {name for name in before if before[name] != after[name]} == {"report"}


def test_what_holds_the_stage_is_bound_also_when_it_was_moved_away_and_back():
    story = asked(stage=Stage.PROD)
    before = bound(story.model, story.release, Stage.QA, story.policy)
    story.observe(QA="7").observe(QA="1")
    after = bound(story.model, story.release, Stage.QA, story.policy)

    assert {name for name in before if before[name] != after[name]} == {"holder"}


def test_every_bound_value_has_words():
    story = asked()

    assert set(bound(story.model, story.release, Stage.QA, story.policy)) == set(WHAT)
    assert listed({"commit", "metrics", "runtime"}, Stage.QA) == (
        "the commit, the runtime and a metric"
    )


def test_the_event_keeps_what_is_bound_by_name():
    [event] = [found for found in asked().events if isinstance(found, PromotionRequested)]

    assert event.digest == digest(event.bound)
    assert event.bound["approvers"] == "approvers"


def of_before(policy: Policy) -> Story:
    """A request as it was written before its values were kept by name."""
    story = Story(policy=policy).push(1).to_registered(checked=LOOKED_AT)
    release = story.release
    text = {
        "repository": release.repository, "commit": release.commit, "configuration": "",
        "environment": "", "runtime": "", "data": "d1", "version": "1", "artifact": "a1",
        "metrics": {"auc": 0.7}, "checks": {"readme": ["found", 1]}, "policy": policy.digest,
    }  # fmt: skip
    encoded = msgspec.json.Encoder(order="deterministic").encode(text)
    before = story.request(Stage.QA).events[-1]
    was = msgspec.structs.replace(before, digest=hashlib.sha256(encoded).hexdigest(), bound={})
    again = Story(policy=policy)
    for event in (*story.events[:-1], was):
        again = again.tell(event) if not event.caused_by else again
    promotion = again.release.open_promotion()
    old = msgspec.structs.replace(promotion, digest=was.digest, bound={})
    held = msgspec.structs.replace(again.release, promotions={promotion.approval: old})
    again.model = msgspec.structs.replace(again.model, releases={held.id: held})
    return again


def test_a_request_of_before_stands_while_all_of_it_is_the_same():
    assert of_before(Policy()).approve(EVE).release.state is State.PROMOTING


def test_a_request_of_before_falls_with_any_change_of_policy_and_says_why():
    story = of_before(Policy())
    story.policy = Policy(max_workers=2)

    assert "it was asked for in an earlier version of Sluss" in story.approve(EVE).refusal
    assert story.request(Stage.QA).derived == ["ApprovalVoided", "PromotionRequested"]


def test_a_promotion_keeps_what_it_was_bound_to_after_it_was_placed():
    story = asked().approve(EVE)
    story.finish(Step.PROMOTE, Promoted(version="1", rows=5), stage=Stage.QA)

    assert story.release.promotion_to(Stage.QA).bound["version"] == "1"
