"""The gate has reported: claim the model's name, block, or go on."""

import msgspec

from core.authority.conditions import findings_before
from core.context import Context
from core.events.base import Event
from core.events.derived import ModelNameClaimed, ReleaseBlocked, ReleaseChecked
from core.events.workers import StepFinished
from core.flow.cards import CardRef
from core.flow.decision import Decision, follows
from core.flow.plan import plan
from core.release.model import Model
from core.release.release import Release
from core.release.state import steps_of
from core.results import Checked
from core.words import Stage, Stream


def checked(model: Model, release: Release, event: StepFinished, context: Context) -> Decision:
    result = event.result
    assert isinstance(result, Checked)
    cards = (CardRef("release", release.id),)
    if not release.is_candidate:
        done = follows(event, ReleaseChecked, context, release=release.id)
        return Decision(events=(done,), cards=cards)
    reason = name_problem(model, result, context) or findings_before(result, context.policy, "run")
    if reason:
        blocked = follows(event, ReleaseBlocked, context, release=release.id, reason=reason)
        return Decision(events=(blocked,), cards=cards)
    following = steps_of(result.model_type)[1]
    planned = plan(model, release, event, context, step=following, stage=Stage.TST)
    events = (*_claim(model, event, context, result), *planned.events)
    return Decision(events=events, jobs=planned.jobs, cards=cards)


def name_problem(model: Model, result: Checked, context: Context) -> str:
    """The first repository that claims a name keeps it, and a repository keeps its name."""
    owner = context.claims.get(result.model.casefold())
    if owner is not None and owner != model.stream:
        return (
            f"MODEL_NAME {result.model!r} belongs to the repository {owner}. Nothing was run; "
            "choose another name in model_variables.yml."
        )
    if model.name and model.name.casefold() != result.model.casefold():
        return (
            f"This repository released {model.name!r} before and now says MODEL_NAME "
            f"{result.model!r}. Nothing was run; a new model needs a repository of its own."
        )
    return ""


def _claim(
    model: Model, event: StepFinished, context: Context, result: Checked
) -> tuple[Event, ...]:
    if model.name:
        return ()
    name = result.model
    claim = follows(event, ModelNameClaimed, context, model=name, stream=Stream(model.stream))
    return (msgspec.structs.replace(claim, id=f"claim/{model.stream}/{name.casefold()}"),)
