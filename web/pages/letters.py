"""The dead letters as the page shows them, and one that somebody sends again from there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from core.desk import Desk, Letter, letter_id
from core.errors import UnknownNameError
from core.events.desk import RedriveRequested
from core.handle import Handle
from core.origin import EventOrigin
from core.people import Person
from core.ports import DeadLetter, Queue

SENT_SHOWN: Final = 10
NOT_TOLD: Final = "It died a moment ago: look again in some seconds."
BEING_SENT: Final = "{name} has sent it again: it leaves in a moment."


class LetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that lies in its queue; ``note`` says why it cannot be sent again now, or ""."""

    message: str
    reason: str
    since: datetime
    about: str = ""
    note: str = ""


class LettersPage(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in each queue that has any, and what was closed last."""

    dead: dict[str, tuple[LetterRow, ...]]
    closed: tuple[Letter, ...]


async def letters_page(desk: Desk, queues: Mapping[str, Queue]) -> LettersPage:
    found = {name: await queue.dead_letters() for name, queue in queues.items()}
    return LettersPage(
        dead={
            name: tuple(_row(desk, name, letter) for letter in letters)
            for name, letters in found.items()
            if letters
        },
        closed=desk.closed_letters()[:SENT_SHOWN],
    )


async def send_again(desk: Desk, letter: str, by: Person, handle: Handle) -> None:
    """Raise UnknownNameError or RefusedError, in words. A form that is sent twice asks once."""
    known = desk.letters.get(letter)
    if known is None:
        raise UnknownNameError("dead letter", letter)
    wanted = RedriveRequested(
        id=f"redrive/{letter}/{by.id}/page/{known.since.isoformat()}",
        time=handle.context().now,
        queue=known.queue,
        message=known.message,
        by=by,
    )
    (await handle(wanted, EventOrigin.BOT)).raise_refusal()


def _row(desk: Desk, queue: str, letter: DeadLetter) -> LetterRow:
    known = desk.letters.get(letter_id(queue, letter.message.id))
    is_told = known is not None and known.since == letter.since
    return LetterRow(
        message=letter.message.id,
        reason=letter.reason,
        since=letter.since,
        about=known.about if known else "",
        note=_note(known) if known and is_told else NOT_TOLD,
    )


def _note(letter: Letter) -> str:
    return BEING_SENT.format(name=letter.redriven_by.name) if letter.redriven_by else ""
