"""What a release waits for, and who can act: the same words in the chat and in a pull request."""

from core.authority.acts import GiveUpPromotion, RejectStage, RequestStage
from core.authority.conditions import the_team
from core.authority.evaluate import may
from core.card import Dated
from core.context import Context
from core.reading import has_passed
from core.release.model import JUDGED, Model
from core.release.release import Release
from core.release.state import RUNNING, State
from core.words import Stage


def next_stages(model: Model, release: Release, context: Context) -> tuple[Stage, ...]:
    """The stages that can be asked for now; what a newer one has passed by is not offered."""
    if has_passed(model, release):
        return ()
    asked = ((stage, RequestStage(release=release.id, stage=stage)) for stage in JUDGED)
    return tuple(stage for stage, act in asked if may(None, act, model, context).is_met)


def waits_for(model: Model, release: Release, context: Context, *, retry: str = "") -> str:
    """Say it in one sentence; "" when the release has come to its end.

    ``retry`` is how somebody who reads it tries a step again, as a rule by the bot's command.
    """
    if release.is_final:
        return ""
    if release.state in RUNNING:
        run = release.current_step()
        return Dated("has been running since ", run.planned) if run else "is running"
    if release.state is State.AWAITING_APPROVAL:
        return _waits_for_approvers(model, release, context)
    team = the_team(release, context)
    match release.state:
        case State.AWAITING_ACCEPTANCE:
            return f"waits for acceptance. {team} can accept it."
        case State.BLOCKED | State.FAILED | State.STUCK:
            again = retry or f"retry {release.id}"
            words = f"is {release.state}. {team} can mend it and push, or `{again}`."
            return f"{words} {_how_to_free(model, release, context)}".rstrip()
    stages = next_stages(model, release, context)
    if not stages:
        return ""
    return f"can go to {stages[0]}. {team} can `request {release.id} {stages[0]}`."


def _waits_for_approvers(model: Model, release: Release, context: Context) -> str:
    """What is no longer as it was when it was asked cannot be approved by anybody."""
    again = RequestStage(release=release.id, stage=release.stage)
    if may(None, again, model, context).is_met:
        team, wanted = the_team(release, context), f"`request {release.id} {release.stage}`"
        return f"cannot be approved for {release.stage} any more. {team} can {wanted} anew."
    who = _who_decides(model, release, context)
    return f"waits for a decision about {release.stage}. {who}".rstrip()


def _how_to_free(model: Model, release: Release, context: Context) -> str:
    """How a promotion that goes no further lets go of its stage."""
    act = GiveUpPromotion(release=release.id, stage=release.stage)
    if not may(None, act, model, context).is_met:
        return ""
    return f"`give up {release.id} {release.stage}` frees the stage."


def _who_decides(model: Model, release: Release, context: Context) -> str:
    promotion = release.open_promotion()
    if promotion is None:
        return ""
    act = RejectStage(release=release.id, approval=promotion.approval)
    return may(None, act, model, context).who_can
