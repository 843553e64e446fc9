"""``approvals``: what waits for whom, and which of it the person who asks may decide.

Others of the room read the answer, too, so that it names the person.
"""

from collections.abc import Iterator

from bot.command import Asker, command
from bot.elements import Part, button, card, heading, text
from bot.lookup import all_models
from bot.view import View
from bot.wording import clipped
from core.authority.acts import RejectPipeline, RejectStage, RejectVersion
from core.authority.evaluate import may
from core.authority.pipelines import who_decides
from core.card import Card, Dated, Tone
from core.checkpoint import PipelineCheckpoint
from core.context import Context
from core.count import count
from core.people import Person
from core.release.model import Model
from core.release.promotion import Promotion
from core.release.state import State
from core.words import PLATFORM

NOTHING = "Nothing waits for a decision."
WAITING = frozenset({State.AWAITING_APPROVAL, State.AWAITING_ACCEPTANCE})
BUTTONS = 4
MOST = 20  # pipelines that are listed, those first that the person may decide
NAME = 60  # letters of the name of somebody else's pipeline


@command("approvals", "What waits for whom, and what you may decide yourself.", who="everyone")
async def approvals(_words: list[str], asker: Asker) -> Card:
    show, person = asker.show, asker.person
    views = [
        show.view(model, release.id)
        async for model in all_models(show.ports)
        for release in model.live()
        if release.state in WAITING
    ]
    context = show.ports.handle.context(desk=await show.ports.store.desk())
    pipelines = [each for each in context.desk.waiting_checkpoints() if each.is_open]
    if not views and not pipelines:
        return card(heading("Approvals"), text(NOTHING, Tone.SUBTLE))
    views.sort(key=lambda view: not _may(view, person))
    pipelines.sort(key=lambda each: not _may_let_go(each, person, context))
    title = count(len(views) + len(pipelines), "open decision")
    parts = [part for view in views for part in _parts(view, person)]
    parts += [part for each in pipelines[:MOST] for part in _pipeline(each, person, context)]
    if len(pipelines) > MOST:
        parts.append(text(f"And {len(pipelines) - MOST} more pipelines.", Tone.SUBTLE))
    buttons = [*_buttons(views, person), *_open(pipelines, person, context)]
    return card(heading(title), *parts, *buttons[:BUTTONS])


def _may(view: View, person: Person) -> bool:
    """Whoever may say no may decide; what a yes needs besides is on the card."""
    promotion, release = view.release.open_promotion(), view.release.id
    if promotion is None:
        return view.may(RejectVersion(release=release), person).is_met
    return view.may(RejectStage(release=release, approval=promotion.approval), person).is_met


def _may_let_go(checkpoint: PipelineCheckpoint, person: Person, context: Context) -> bool:
    act = RejectPipeline(checkpoint=checkpoint.id)
    return may(person, act, Model(stream=PLATFORM), context).is_met


def _parts(view: View, person: Person) -> Iterator[Part]:
    promotion = view.release.open_promotion()
    yield text(_what(view, promotion), is_bold=True)
    if promotion is not None:
        who, why = promotion.requester.name, promotion.purpose
        yield text(Dated(f"{who}, ", promotion.requested, f": {why}"), Tone.SUBTLE)
    yield _whether(person, f"It {view.waits_for}", is_theirs=_may(view, person))


def _pipeline(checkpoint: PipelineCheckpoint, person: Person, context: Context) -> Iterator[Part]:
    """A run of a pipeline, as far as hands were counted when it was read."""
    run = checkpoint.run
    yield text(f"{_called(checkpoint)} to {clipped(run.environment, NAME) or '?'}", is_bold=True)
    who = clipped(run.started_by_name, NAME) or "nobody named"
    yield text(Dated("Waits since ", checkpoint.seen.since, f", started by {who}"), Tone.SUBTLE)
    is_theirs = _may_let_go(checkpoint, person, context)
    yield _whether(person, who_decides(checkpoint, context.policy), is_theirs=is_theirs)


def _called(checkpoint: PipelineCheckpoint) -> str:
    run = checkpoint.run
    return " ".join(filter(None, (clipped(run.pipeline_name, NAME), clipped(run.run_name, NAME))))


def _whether(person: Person, otherwise: str, *, is_theirs: bool) -> Part:
    if is_theirs:
        return text(f"{person.name} may decide.", Tone.GOOD)
    return text(f"{person.name} may not decide about it. {otherwise}", Tone.SUBTLE)


def _what(view: View, promotion: Promotion | None) -> str:
    if promotion is None:
        return f"{view.title}: acceptance"
    return f"{view.versioned} to {promotion.stage}"


def _buttons(views: list[View], person: Person) -> Iterator[Part]:
    """A card has room for few buttons: the first ones that this person may press."""
    for view in [view for view in views if _may(view, person)]:
        promotion, release = view.release.open_promotion(), view.release
        if promotion is None:
            yield button(f"Open {release.id}", "acceptance.show", release=release.id)
            continue
        title = f"Open {release.id} to {promotion.stage}"
        about = promotion.approval
        yield button(title, "approval.show", release=release.id, approval=about)


def _open(
    checkpoints: list[PipelineCheckpoint], person: Person, context: Context
) -> Iterator[Part]:
    for each in checkpoints:
        if _may_let_go(each, person, context):
            title = f"Open {clipped(_called(each), 40)}"
            yield button(title, "pipeline.show", checkpoint=each.id)
