"""What a release waits for, and who can act."""

from bot.view import View
from core.authority.acts import GiveUpPromotion, RejectStage, RequestStage
from core.authority.conditions import the_team
from core.card import Dated
from core.release.state import RUNNING, State


def waits_for(view: View) -> str:
    """Say it in one sentence; "" when the release has come to its end."""
    release = view.release
    if release.is_final:
        return ""
    if release.state in RUNNING:
        run = release.current_step()
        return Dated("has been running since ", run.planned) if run else "is running"
    if release.state is State.AWAITING_APPROVAL:
        return _waits_for_approvers(view)
    team = the_team(release, view.context)
    match release.state:
        case State.AWAITING_ACCEPTANCE:
            return f"waits for acceptance. {team} can accept it."
        case State.BLOCKED | State.FAILED | State.STUCK:
            words = f"is {release.state}. {team} can mend it and push, or `retry {release.id}`."
            return f"{words} {_how_to_free(view)}".rstrip()
    stages = view.next_stages
    if not stages:
        return ""
    return f"can go to {stages[0]}. {team} can `request {release.id} {stages[0]}`."


def _waits_for_approvers(view: View) -> str:
    """What is no longer as it was when it was asked cannot be approved by anybody."""
    release = view.release
    if view.may(RequestStage(release=release.id, stage=release.stage)).is_met:
        team, wanted = the_team(release, view.context), f"`request {release.id} {release.stage}`"
        return f"cannot be approved for {release.stage} any more. {team} can {wanted} anew."
    return f"waits for a decision about {release.stage}. {_who_decides(view)}".rstrip()


def _how_to_free(view: View) -> str:
    """How a promotion that goes no further lets go of its stage."""
    release = view.release
    if not view.may(GiveUpPromotion(release=release.id, stage=release.stage)).is_met:
        return ""
    return f"`give up {release.id} {release.stage}` frees the stage."


def _who_decides(view: View) -> str:
    promotion = view.release.open_promotion()
    if promotion is None:
        return ""
    return view.may(RejectStage(release=view.release.id, approval=promotion.approval)).who_can
