"""One evaluator decides: the flow agrees with it, whatever happened and whoever asks."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.authority.acts import (
    AcceptVersion,
    Act,
    ApproveStage,
    GiveUpPromotion,
    RejectStage,
    RejectVersion,
    RequestStage,
    RetryStep,
    WithdrawRequest,
    act_of,
)
from core.authority.evaluate import may
from core.authority.ruling import Condition, Standing
from core.events.people import (
    AcceptanceDecided,
    ApprovalDecided,
    PromotionGivenUp,
    RequestWithdrawn,
    RetryRequested,
    StageRequested,
)
from core.flow import decide
from core.people import Person
from core.policy import Policy
from core.release.model import Model
from core.words import ApprovalId, PersonId, Stage, Step
from tests.core.authority.walks import APPROVER, PEOPLE, TEAM_MATE, a_walk
from tests.core.story import ADA, BEN, CHECKED, EVE, FAILED, OUT, UNKNOWN_RELEASE, Story

SEEDS = st.integers(0, 100_000)
COULD = (*PEOPLE, TEAM_MATE, APPROVER)


def acts_on(model: Model) -> Iterator[Act]:
    """Everything that somebody might want, with words and without, of what is there and is not."""
    approvals = [key for found in model.releases.values() for key in found.promotions]
    for release in (*model.releases, UNKNOWN_RELEASE):
        yield AcceptVersion(release=release)
        yield RetryStep(release=release)
        for stage in Stage:
            yield WithdrawRequest(release=release, stage=stage)
            yield GiveUpPromotion(release=release, stage=stage)
        for words in (None, "", " because"):
            yield RejectVersion(release=release, reason=words)
            yield from (
                RequestStage(release=release, stage=stage, purpose=words, expected_outcome="fewer")
                for stage in Stage
            )
        for approval in (*approvals, "none"):
            yield ApproveStage(release=release, approval=approval)
            yield RejectStage(release=release, approval=approval, reason="because")


def event_of(act: Act, person, story: Story):  # noqa: C901 - one line per act
    """The event that a person's wish arrives as; words that were not asked for are empty."""
    head = {"id": "wish", "time": story.now, "release": act.release, "by": person}
    match act:
        case AcceptVersion():
            return AcceptanceDecided(**head, accepted=True)
        case RejectVersion():
            return AcceptanceDecided(**head, accepted=False, reason=act.reason or "")
        case RetryStep():
            return RetryRequested(**head)
        case WithdrawRequest():
            return RequestWithdrawn(**head, stage=act.stage)
        case GiveUpPromotion():
            return PromotionGivenUp(**head, stage=act.stage)
        case RequestStage():
            return StageRequested(
                **head, stage=act.stage, purpose=act.purpose or "",
                expected_outcome=act.expected_outcome or "",
            )  # fmt: skip
        case ApproveStage():
            return ApprovalDecided(**head, approval=act.approval, approved=True)
        case RejectStage():
            return ApprovalDecided(
                **head, approval=act.approval, approved=False, comment=act.reason or ""
            )


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(PEOPLE))
def test_what_the_flow_refuses_is_what_the_evaluator_says_in_the_same_words(seed, person):
    story = a_walk(seed)
    for act in acts_on(story.model):
        event = event_of(act, person, story)
        ruling = may(person, act_of(event), story.model, story.context)
        refusal = decide(story.model, event, story.context).refusal

        assert (refusal is None) == ruling.is_met
        assert refusal is None or (refusal.reason, refusal.who_can) == (
            ruling.reason,
            ruling.who_can,
        )


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_it_is_total_and_says_why_whenever_it_says_no(seed):
    story = a_walk(seed)
    for act in acts_on(story.model):
        for person in (None, *PEOPLE):
            ruling = may(person, act, story.model, story.context)
            unmet = [part for part in ruling.parts if not part.is_met]

            assert ruling.is_met == (not unmet)
            assert all(part.reason for part in unmet)
            assert ruling.reason == (unmet[0].reason if unmet else "")


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_without_a_person_it_says_whether_anybody_could(seed):
    story = a_walk(seed)
    for act in acts_on(story.model):
        anybody = may(None, act, story.model, story.context).is_met
        somebody = any(may(person, act, story.model, story.context).is_met for person in COULD)

        assert anybody == somebody


def asked() -> Story:
    return Story().push(1).to_registered().request(Stage.QA)


def approve(story: Story) -> ApproveStage:
    promotion = story.release.open_promotion()
    return ApproveStage(release=story.release.id, approval=promotion.approval)


@pytest.mark.parametrize(
    ("person", "standing", "bars"),
    [
        (EVE, Standing.MET, []),
        (None, Standing.MET, []),
        (ADA, Standing.BARRED, [Condition.FOUR_EYES, Condition.GROUP]),
        (OUT, Standing.BARRED, [Condition.GROUP]),
    ],
)
def test_the_tree_tells_every_condition_that_bars(person, standing, bars):
    story = asked()
    ruling = may(person, approve(story), story.model, story.context)

    assert ruling.standing is standing
    assert [part.about for part in ruling.parts if not part.is_met] == bars
    assert ruling.about == "approve"


def test_of_what_may_be_done_it_says_who_else_can():
    story = asked()

    assert may(None, approve(story), story.model, story.context).who_can == (
        "A member of approvers can who had no hand in it."
    )


def test_what_can_still_come_is_missing_and_what_cannot_bars():
    story = Story().push(1).to_registered()
    release = story.release.id

    early = may(None, RequestStage(release=release, stage=Stage.PROD), story.model, story.context)
    never = may(None, RequestStage(release=release, stage=Stage.TST), story.model, story.context)

    assert early.standing is Standing.MISSING
    assert never.standing is Standing.BARRED


def test_words_that_nobody_was_asked_for_yet_are_not_missed():
    story = asked()
    promotion = story.release.open_promotion()
    act = RejectStage(release=story.release.id, approval=promotion.approval)

    assert may(EVE, act, story.model, story.context).is_met


def test_a_release_that_the_gate_has_not_read_cannot_be_asked_for():
    """Card and flow said two things of it: that it is checking, and that there is none."""
    story = Story().push(1).request(Stage.QA)

    assert story.refusal == "loan-1 is checking: only a registered version can be promoted."


def test_before_the_gate_has_read_anything_the_team_of_platform_yml_can_retry():
    """Where nothing has failed nobody can, and nobody is named."""
    story = Story().push(1)

    assert story.retry(BEN).decision.refusal.who_can == ""
    stopped = story.bury()
    assert stopped.release.checked is None
    assert "Only members of credit retry a step" in stopped.retry(OUT).refusal
    assert stopped.decision.refusal.who_can == "A member of credit can."
    assert not stopped.retry(BEN).refusal


def test_what_is_refused_to_everybody_names_nobody_who_could():
    running = Story().push(1)
    promoting = Story().push(1).to_registered().request(Stage.QA).approve(EVE)

    for story in (running.retry(BEN), promoting.give_up(Stage.QA, ADA)):
        assert story.refusal
        assert story.decision.refusal.who_can == ""


def at(step: str) -> Story:
    """A release that waits for this, of a repository that says it is another team's."""
    says = msgspec.structs.replace(CHECKED, team="market")
    story = Story().push(1)
    if step == "retry":
        return story.finish(Step.CHECK, says).finish(Step.TRAIN, FAILED)
    if step == "accept":
        return story.to_acceptance(says)
    story.to_registered("1", says)
    return story if step == "request" else story.request(Stage.QA, by=ADA)


def the_act(step: str, story: Story) -> Act:
    release = story.release.id
    promotion = story.release.open_promotion()
    return {
        "retry": RetryStep(release=release),
        "accept": AcceptVersion(release=release),
        "request": RequestStage(release=release, stage=Stage.QA),
        "approve": ApproveStage(
            release=release, approval=promotion.approval if promotion else ApprovalId("none")
        ),
    }[step]


def ruled(step: str, person, team: str | None = "credit", policy: Policy | None = None):
    """``team`` is platform.yml's, None where it has the repository no more."""
    story = at(step)
    known = story.context.repository
    repository = None if team is None else msgspec.structs.replace(known, team=team)
    context = msgspec.structs.replace(
        story.context, repository=repository, policy=policy or story.policy
    )
    return may(person, the_act(step, story), story.model, context)


OTHERS = Person(id=PersonId("mia"), name="Mia", groups=frozenset({"market"}))
OF_NO_GROUP = Person(id=PersonId("nil"), name="Nil", groups=frozenset({"", " "}))


@pytest.mark.parametrize("step", ["accept", "request", "retry"])
def test_the_team_is_platform_ymls_as_it_is_now_and_not_what_the_repository_says(step):
    assert ruled(step, BEN).is_met
    assert ruled(step, OTHERS).part(Condition.TEAM).who_can == "A member of credit can."
    assert ruled(step, OTHERS, team="Market ").is_met
    assert not ruled(step, BEN, team="market").is_met
    assert ruled(step, BEN, team=None).is_met, "the team that it was opened for"
    assert not ruled(step, OTHERS, team=None).is_met


@pytest.mark.parametrize("step", ["accept", "request", "retry"])
@pytest.mark.parametrize("team", ["", " "])
@pytest.mark.parametrize("person", [BEN, OTHERS, OF_NO_GROUP, None])
def test_nobody_is_of_a_team_without_a_name(step, team, person):
    part = ruled(step, person, team=team).part(Condition.TEAM)
    assert not part.is_met
    assert part.who_can == "Set the repository's `team` in platform.yml."


@pytest.mark.parametrize("groups", [(), ("",), (" ", "")])
def test_nobody_approves_by_a_group_without_a_name(groups):
    policy = Policy(approvers={"QA": groups})
    for person in (OF_NO_GROUP, EVE):
        assert not ruled("approve", person, policy=policy).part(Condition.GROUP).is_met
    assert ruled("approve", EVE).part(Condition.GROUP).is_met


def test_a_release_of_a_ledger_of_before_is_its_checked_teams():
    release = at("accept").release
    assert release.team == "credit"
    assert msgspec.structs.replace(release, opened_for="").team == "market"
