"""The card of a release that is stuck: what happened, where its dead letter is, what to do."""

from bot.click import Click, Clicks, Draft, giving_up_of, release_of, retry_of
from bot.elements import banner, button, card, facts, heading, link, text
from bot.ports import BotPorts
from bot.view import CardSubject, View, page, whole_view
from core.authority.acts import GiveUpPromotion, RetryStep
from core.card import Button, Card, Dated, Tone
from core.release.state import State
from core.words import ReleaseId

clicks: Clicks[Draft] = Clicks()

NO_LOSS = "Nothing was lost, and nothing has changed since the last step that went well."
WHAT_NEXT = "Retry goes on from there; if it gets stuck again, tell the platform team."


async def gather(subject: CardSubject, ports: BotPorts) -> View:
    return await whole_view(subject, ports)


def readers(view: View) -> tuple[str, ...]:
    return (view.team,)


def render(view: View) -> Card:
    release = view.release
    title = view.title
    if release.state is not State.STUCK:
        return card(
            heading(release.id),
            banner("It is no longer stuck", Tone.GOOD),
            link("Release page", view.page),
        )
    run, retry = release.current_step(), _retry_button(view)
    where = f"{run.step}, attempt {run.attempt}, on {run.stage}" if run else "before its first step"
    return card(
        heading(f"{title} is stuck"),
        banner(Dated("Stuck since ", release.changed), Tone.BAD),
        text(release.reason),
        facts(step=where, dead_letter="kept: see Deliveries" if view.page_url else "kept"),
        text(f"{NO_LOSS} {WHAT_NEXT}" if retry else NO_LOSS),
        retry,
        _give_up_button(view),
        link("Release page", view.page),
        link("Deliveries", page(view.page_url, "/deliveries")),
        summary=f"{title} is stuck",
    )


def _retry_button(view: View) -> Button | None:
    release = view.release.id
    if not view.may(RetryStep(release=release)).is_met:
        return None
    return button("Retry", "problem.retry", tone=Tone.GOOD, release=release)


def _give_up_button(view: View) -> Button | None:
    """A promotion that stays stuck would hold its stage."""
    release, stage = view.release.id, view.release.stage
    if not view.may(GiveUpPromotion(release=release, stage=stage)).is_met:
        return None
    return button(f"Give up {stage}", "problem.give_up", release=release, stage=stage)


def subject_of(click: Click) -> ReleaseId:
    return release_of(click)


@clicks.on("problem.retry")
def retry(click: Click) -> Draft:
    return retry_of(click)


@clicks.on("problem.give_up")
def give_up(click: Click) -> Draft:
    return giving_up_of(click)
