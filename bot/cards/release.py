"""The card of a release: one card, updated in place from check to production."""

from collections.abc import Callable, Iterator

from bot import findings, metrics_table, progress, who_pays
from bot.click import Click, Clicks, Draft, giving_up_of, release_of, retry_of, withdrawal_of
from bot.elements import banner, button, card, facts, heading, link, section, text
from bot.ports import BotPorts
from bot.view import CardSubject, View, whole_view
from bot.wording import short
from core.accounts import shown
from core.authority.acts import (
    ApproveStage,
    GiveUpPromotion,
    RequestStage,
    RetryStep,
    WithdrawRequest,
)
from core.authority.conditions import team_of
from core.authority.ruling import Condition
from core.card import Button, Card, Dated, Element, Tone
from core.count import count
from core.reading import held_by, lost, open_checks, tone_of, with_who_pays
from core.release.model import JUDGED
from core.release.release import Release
from core.release.state import RUNNING, State
from core.words import ReleaseId, Stage

clicks: Clicks[Draft] = Clicks()

Verdict = tuple[str, Tone]
MENDING = frozenset({State.BLOCKED, State.CHECKED})
ENDED = frozenset({State.SUPERSEDED, State.REJECTED})
LOG = "The log of the run is on the release page."
WHAT_NEXT = {
    State.BLOCKED: "Mend what is listed and push again.",
    State.FAILED: "Mend it and push again.",
    State.STUCK: "Nothing of it is lost.",
    State.TRAINING: LOG,
    State.SCORING: LOG,
    State.EVALUATING: LOG,
    State.PROMOTING: LOG,
    State.AWAITING_ACCEPTANCE: "A member of the team accepts or rejects it on its own card.",
    State.AWAITING_APPROVAL: "The approvers decide on a card of their own.",
}
RETRY = {
    State.BLOCKED: "Retry runs the gate once more.",
    State.FAILED: "Retry does not redo the steps that went well.",
    State.STUCK: "Retry goes on from the step that is stuck.",
}


async def gather(subject: CardSubject, ports: BotPorts) -> View:
    return await whole_view(subject, ports)


def readers(view: View) -> tuple[str, ...]:
    return (view.team,)


def render(view: View) -> Card:
    verdict, tone = _verdict(view)
    is_mending = view.release.state in MENDING or bool(view.release.quick)
    found = tuple(_findings(view, is_open=is_mending))
    return card(
        heading(view.title),
        banner(verdict, tone),
        *_reason(view),
        *(found if is_mending else ()),
        text(_origin(view), Tone.SUBTLE),
        facts((*progress.rows(view.release, is_passed=view.is_passed), *_gate(view))),
        *(() if is_mending else found),
        *who_pays.elements(view),
        *_metrics(view),
        *_buttons(view),
        link("Release page", view.page),
        summary=f"{view.title}: {verdict}",
    )


def subject_of(click: Click) -> ReleaseId:
    return release_of(click)


@clicks.on("release.show")
def show(_click: Click) -> Draft:
    return None


@clicks.on("release.retry")
def retry(click: Click) -> Draft:
    return retry_of(click)


@clicks.on("release.pay")
def pay(click: Click) -> Draft:
    return who_pays.answer_of(click)


@clicks.on("release.withdraw")
def withdraw(click: Click) -> Draft:
    return withdrawal_of(click)


@clicks.on("release.give_up")
def give_up(click: Click) -> Draft:
    return giving_up_of(click)


def _verdict(view: View) -> Verdict:
    state = view.release.state
    if state in RUNNING:
        return _running(view), tone_of(state)
    return _VERDICTS[state](view)


def _running(view: View) -> str:
    release, run = view.release, view.release.current_step()
    where = f" to {release.stage}" if release.state is State.PROMOTING else ""
    since = (" since ", run.planned) if run else ()
    return Dated(f"{str(release.state).capitalize()}{where}", *since)


def _checked(view: View) -> Verdict:
    found = findings.total(open_checks(view.release, view.policy))
    if not found:
        return "The gate found nothing to mend", tone_of(view.release.state)
    return f"The gate has {count(found, 'finding')} for this branch", Tone.WARN


def _placed(view: View) -> Verdict:
    release, stage = view.release, view.release.stage
    if stage not in held_by(view.model, release):
        was = Dated(f"Version {view.version} was on {stage}", lost(release, stage))
        return was, Tone.SUBTLE
    promotion = release.promotion_to(stage)
    rows = count(promotion.rows if promotion else 0, "row")
    return f"Version {view.version} holds {stage}: {rows} scored there", tone_of(release.state)


def _failed(view: View) -> Verdict:
    run = view.release.current_step()
    where = f" to {run.stage}" if run and run.stage is not Stage.TST else ""
    step = str(run.step).capitalize() if run else "A step"
    return f"{step}{where} failed", tone_of(view.release.state)


def _stuck(view: View) -> Verdict:
    run = view.release.current_step()
    return f"Stuck at {run.step if run else 'its start'}", tone_of(view.release.state)


def _waiting(words: str) -> Callable[[View], Verdict]:
    def verdict(view: View) -> Verdict:
        release = view.release
        team = team_of(release, view.context) or "nobody"
        said = words.format(version=view.version, team=team, stage=release.stage)
        return said, tone_of(release.state)

    return verdict


_VERDICTS: dict[State, Callable[[View], Verdict]] = {
    State.CHECKED: _checked,
    State.BLOCKED: _waiting("Blocked by the gate"),
    State.AWAITING_ACCEPTANCE: _waiting("Evaluated: {team} has to accept it"),
    State.REGISTERED: _waiting("Version {version} is registered"),
    State.AWAITING_APPROVAL: _waiting("Version {version} awaits approval for {stage}"),
    State.PLACED: _placed,
    State.FAILED: _failed,
    State.STUCK: _stuck,
    State.REJECTED: _waiting("Rejected: it goes no further"),
    State.SUPERSEDED: _waiting("Superseded: it goes no further"),
}


def _reason(view: View) -> Iterator[Element]:
    """Why the release is where it is, and what to do next."""
    release = view.release
    next_ = WHAT_NEXT.get(release.state, "")
    if next_ == LOG and not view.page_url:
        next_ = ""
    retry = RETRY.get(release.state, "") if _may_retry(view) else ""
    next_ = " ".join(filter(None, (next_, retry)))
    said = (release.reason, _holds(view), _doing(release), next_)
    for words in (*said, _no_longer(view), _gate_blocks(view)):
        if words:
            yield text(words)


def _holds(view: View) -> str:
    """The stages that it holds besides the one that its verdict speaks of, if any."""
    spoken = view.release.stage if view.release.state is State.PLACED else None
    held = [stage for stage in held_by(view.model, view.release) if stage is not spoken]
    if not held:
        return ""
    by_hand = [each for each in held if view.model.holders[each].outside]
    how = f" ({' and '.join(by_hand)} by hand, outside of a release)" if by_hand else ""
    return f"It holds {' and '.join(held)}{how}."


def _no_longer(view: View) -> str:
    """Why the request that is open can be approved by nobody any more, or ""."""
    promotion = view.release.open_promotion()
    if promotion is None:
        return ""
    act = ApproveStage(release=view.release.id, approval=promotion.approval)
    ruling = view.may(act).part(Condition.BOUND)
    return ruling.reason if ruling else ""


def _gate_blocks(view: View) -> str:
    """The gate's objection to the next stage, of a release that is registered but cannot go on."""
    release = view.release
    stage = next((stage for stage in JUDGED if stage not in release.placed), None)
    if stage is None:
        return ""
    ruling = view.may(RequestStage(release=release.id, stage=stage)).part(Condition.GATE)
    return ruling.reason if ruling else ""


def _doing(release: Release) -> str:
    """What the running step does right now, such as how far its environment is."""
    run = release.current_step()
    if run is None or not run.note or release.state not in RUNNING:
        return ""
    return f"Now: {run.note.removesuffix('.')}."


def _origin(view: View) -> str:
    release = view.release
    who = shown(release.pusher, release.pusher_name)
    where = f"{release.branch} · {short(release.commit)}"
    return Dated(f"{where} · by {who} · ", release.opened)


def _gate(view: View) -> Iterator[tuple[str, str]]:
    line = progress.gate_line(view.model, view.release)
    if line:
        yield "gate", line


def _findings(view: View, *, is_open: bool) -> Iterator[Element]:
    """While the findings are what matters they come first, and open."""
    release = view.release
    found = with_who_pays(open_checks(release, view.policy), view.model, view.policy)
    if found:
        title = f"{count(findings.total(found), 'finding')} of the gate"
        yield section(
            title, *findings.elements(found, view.policy, view.elsewhere), is_open=is_open
        )
    if release.waiting:
        yield text(f"Still running: {', '.join(release.waiting)}.", Tone.SUBTLE)
    hints = findings.advice(release)
    if hints and is_open:
        yield text(f"{count(hints, 'hint')}{view.elsewhere}: they block nothing.", Tone.SUBTLE)


def _metrics(view: View) -> Iterator[Element]:
    if not view.release.metrics:
        return
    champion = view.champion
    is_over = view.is_passed or view.release.state in {State.PLACED, *ENDED}
    alone = "Metrics" if is_over else "Metrics (no champion to compare with)"
    title = f"Metrics against the champion {champion.id}" if champion else alone
    is_open = not is_over
    yield section(title, metrics_table.table(view.deltas), is_open=is_open)


def _may_retry(view: View) -> bool:
    return view.may(RetryStep(release=view.release.id)).is_met


def _buttons(view: View) -> Iterator[Button]:
    release = view.release
    if _may_retry(view):
        yield button("Retry", "release.retry", release=release.id)
    for stage in view.next_stages:
        yield button(
            f"Request {stage}", "request.open", tone=Tone.GOOD, release=release.id, stage=stage
        )
    yield from who_pays.buttons(view)
    yield from _freeing(view)


def _freeing(view: View) -> Iterator[Button]:
    """What ends a request or a promotion, so that the stage is free for others."""
    waiting = next((found for found in view.release.promotions.values() if found.is_waiting), None)
    if waiting is None:
        return
    release, stage = view.release.id, waiting.stage
    if view.may(WithdrawRequest(release=release, stage=stage)).is_met:
        yield button("Withdraw", "release.withdraw", release=release, stage=stage)
    elif view.may(GiveUpPromotion(release=release, stage=stage)).is_met:
        yield button(f"Give up {stage}", "release.give_up", release=release, stage=stage)
