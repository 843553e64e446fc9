"""Models with faults, and MLflow killed: the release says what is wrong, and goes on when mended."""

import asyncio

import pytest

from core.events.derived import PromotionApproved, StagePlaced
from core.release.state import State
from core.words import Stage, Stream
from tests.story.onlooker import rules

pytestmark = [pytest.mark.story, pytest.mark.timeout(1500)]


async def test_another_team_s_model_name_is_refused_with_its_owner(up, onlooker, release, tmp_path):
    copied = await rules(tmp_path / "copied_rules", up.settings)
    copied.change("model_variables.yml", "MODEL_NAME: copied_rules", "MODEL_NAME: Loan_Rules")
    await copied.commit("Take a name that is taken")
    pushed, _ = await copied.push()
    blocked = await onlooker.until(pushed, State.BLOCKED)
    assert "belongs to the repository loan_rules" in blocked.reason
    assert not blocked.ran


async def test_a_metric_that_is_no_number_fails_the_release_and_offers_a_retry(
    up, onlooker, tmp_path
):
    broken = await rules(tmp_path / "broken_rules", up.settings)
    broken.change("src/score.py", '"accuracy": float(', '"accuracy": float("nan") + float(')
    await broken.commit("Divide by nothing")
    pushed, _ = await broken.push()

    failed = await onlooker.until(pushed, State.FAILED)

    assert "accuracy" in failed.reason
    assert "nan" in failed.reason.casefold()
    shown = await onlooker.visitor("astrid").press("release.show", release=pushed)
    assert "release.retry" in str(shown.card)
    await onlooker.visitor("bo").press("release.retry", release=pushed)
    again = await onlooker.until(pushed, State.EVALUATING, State.FAILED)
    assert again.steps["evaluate"].attempt == 2
    assert again.steps["score"].attempt == 1


async def test_a_release_goes_on_when_mlflow_comes_back(up, onlooker, tmp_path, ask_mlflow):
    """Killed while it is needed at scoring, evaluating, registering and promoting."""
    repository = await rules(tmp_path / "limits", up.settings)
    release, _ = await repository.push()
    for state in (State.SCORING, State.EVALUATING):
        await onlooker.until(release, state)
        up.kill_mlflow()
    await onlooker.until(release, State.AWAITING_ACCEPTANCE)
    up.kill_mlflow()
    await onlooker.visitor("astrid").press("acceptance.accept", release=release)
    await onlooker.until(release, State.REGISTERED)
    approval = await onlooker.ask(release, Stage.QA)
    up.kill_mlflow()
    answers = await asyncio.gather(
        *(onlooker.decide(who, release, approval) for who in ("bo", "carin") * 2)
    )
    refused = [bool(answer.refusal) for answer in answers]
    assert sorted(refused[:2]) == [False, True]
    assert refused[:2] == refused[2:], "the second press of one who has decided is a repeat"
    await onlooker.until(release, State.PLACED)

    events = await onlooker.events("limits")
    assert len([event for event in events if isinstance(event, PromotionApproved)]) == 1
    assert len([event for event in events if isinstance(event, StagePlaced)]) == 1
    model = ask_mlflow(up.home).get_registered_model("limits")
    assert dict(model.aliases) == {"qa": "1"}
    holders = (await onlooker.model(Stream("limits"))).holders
    assert holders[Stage.QA].version == "1"
