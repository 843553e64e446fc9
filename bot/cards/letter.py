"""The card of a dead letter: what died, why, what it was about, and the button to send it again."""

from collections.abc import Iterator
from functools import partial
from typing import Protocol

import msgspec

from bot.click import Click, Clicks, Draft, named
from bot.elements import Part, banner, button, card, facts, heading, link, text
from bot.view import CardSubject, page
from bot.wording import clipped
from core.authority.acts import SendAgain
from core.authority.evaluate import may
from core.authority.ruling import Ruling
from core.card import Card, Dated, Tone
from core.context import Context
from core.desk import Desk, Letter, desk_after, letter_id, place_of
from core.errors import UnknownNameError
from core.events.desk import LetterBuried, LetterGone, LetterRedriven, RedriveRequested
from core.ports import Ledger
from core.words import PLATFORM

clicks: Clicks[Draft] = Clicks()

KEPT = (
    "Nothing was lost: the message is kept as it was. Mend the cause, start the mended version, "
    "then send it again. What was done before is found and not repeated, and what is out of date "
    "by then changes nothing."
)
UNDER_WAY = "It is in its queue again. If it dies again, this card says so."
TAKEN = (
    "Somebody took it out of the queue with other means than Sluss, or sent it again there. "
    "There is nothing left to send."
)
LONGEST = 400


class LetterNeeds(Protocol):
    """The desk keeps what is open and a few of the closed letters; the ledger has them all."""

    @property
    def store(self) -> Ledger: ...


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter as it is on the desk; ``ruling`` is what the flow would say to anybody."""

    letter: Letter
    ruling: Ruling
    context: Context
    page_url: str


async def gather(subject: CardSubject, needs: LetterNeeds) -> LetterView:
    desk = await needs.store.desk()
    letter = desk.letters.get(subject.name) or await _from_ledger(subject.name, needs)
    if letter is None:
        raise UnknownNameError("dead letter", subject.name)
    context = msgspec.structs.replace(subject.context, desk=desk)
    return LetterView(
        letter=letter,
        ruling=may(None, SendAgain(letter=letter.id), subject.model, context),
        context=context,
        page_url=subject.page_url,
    )


async def _from_ledger(name: str, needs: LetterNeeds) -> Letter | None:
    kinds = (LetterBuried, LetterRedriven, LetterGone)
    entries = await needs.store.load(PLATFORM, kinds=kinds)
    events = (entry.event for entry in entries if isinstance(entry.event, kinds))
    mine = (event for event in events if letter_id(event.queue, event.message) == name)
    return desk_after(Desk(), mine).letters.get(name)


def readers(_view: LetterView) -> tuple[str, ...]:
    return (PLATFORM,)


def render(view: LetterView) -> Card:
    letter = view.letter
    about = clipped(letter.about or letter.message, LONGEST)
    return card(
        heading(f"Dead letter in {letter.queue}"),
        _verdict(view),
        text(about[:1].upper() + about[1:]),
        facts(_rows(view)),
        *_what_next(view),
        link("Release page", _release_page(view)),
        link("Deliveries", page(view.page_url, "/deliveries")),
        summary=f"Dead letter in {letter.queue}: {about}",
    )


def subject_of(click: Click) -> str:
    return named(click, "letter")


@clicks.on("letter.show")
def show(_click: Click) -> Draft:
    return None


@clicks.on("letter.redrive")
def redrive(click: Click) -> Draft:
    letter = subject_of(click)
    queue, message = place_of(letter)
    return partial(
        RedriveRequested,
        id=f"redrive/{letter}/{click.person.id}/{click.id}",
        queue=queue,
        message=message,
        by=click.person,
    )


def _verdict(view: LetterView) -> Part:
    letter = view.letter
    if letter.redriven and letter.redriven_by:
        said = Dated(f"Sent again by {letter.redriven_by.name}, ", letter.redriven)
        return banner(said, Tone.GOOD)
    if letter.gone:
        return banner(Dated("No longer in its queue: seen ", letter.gone), Tone.SUBTLE)
    return banner(Dated("Waits since ", letter.since, " to be sent again"), Tone.BAD)


def _rows(view: LetterView) -> Iterator[tuple[str, str]]:
    letter = view.letter
    yield "Why", clipped(letter.reason, LONGEST)
    yield "Message", letter.message
    yield "Died", Dated(letter.since)
    if letter.release:
        yield "Release", letter.release
    if letter.times > 1:
        before = f"; {letter.sent_before.name} sent it again before" if letter.sent_before else ""
        yield "So far", f"it died {letter.times} times{before}"


def _what_next(view: LetterView) -> Iterator[Part]:
    letter, ruling = view.letter, view.ruling
    if not letter.is_open:
        yield text(TAKEN if letter.gone else UNDER_WAY)
        return
    yield text(KEPT)
    if ruling.is_met:
        yield text(f"Who: {ruling.who_can}", Tone.SUBTLE)
        yield button("Send again", "letter.redrive", tone=Tone.GOOD, letter=letter.id)
        return
    yield text(f"{ruling.reason} {ruling.who_can}".rstrip(), Tone.WARN)


def _release_page(view: LetterView) -> str:
    release = view.letter.release
    return page(view.page_url, f"/releases/{release}") if release else ""
