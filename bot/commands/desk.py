"""``desk``: the dead letters that wait, and what belongs to no repository."""

from collections.abc import Iterator
from typing import Final

from bot.command import Asker, command
from bot.elements import Part, button, card, heading, section, text
from bot.wording import clipped
from core.card import Card, Dated, Tone
from core.count import count
from core.desk import Desk, Letter, Stray

NOTHING: Final = "No dead letter waits to be sent again."
LETTERS: Final = 10
BUTTONS: Final = 4
STRAYS: Final = 10
LONGEST: Final = 200


@command(
    "desk",
    "The dead letters that wait, and the events that belong to no repository.",
    who="everyone; the platform team sends a letter again",
)
async def desk(_words: list[str], asker: Asker) -> Card:
    ports = asker.show.ports
    found = await ports.store.desk()
    letters = found.open_letters()
    title = f"{count(len(letters), 'dead letter')} open" if letters else "The desk is clear"
    return card(
        heading(title),
        *(text(_letter(letter)) for letter in letters[:LETTERS]),
        text(_rest(letters), Tone.SUBTLE),
        *_strays(found),
        *_buttons(letters),
    )


def _letter(letter: Letter) -> str:
    about = clipped(letter.about or letter.message, LONGEST)
    why = clipped(letter.reason, LONGEST)
    return Dated(f"{letter.queue}, ", letter.since, f": {about}. {why}")


def _rest(letters: tuple[Letter, ...]) -> str:
    if not letters:
        return NOTHING
    more = len(letters) - LETTERS
    return f"And {more} more, younger ones." if more > 0 else "Sending one again is on its card."


def _strays(found: Desk) -> Iterator[Part]:
    """The last ones, the newest first, each with why nothing came of it."""
    if not found.strays:
        return
    title = f"{count(found.strays, 'event')} of no repository"
    last = reversed(found.last_strays[-STRAYS:])
    yield section(title, *(text(_stray(stray)) for stray in last))


def _stray(stray: Stray) -> str:
    reason = clipped(stray.reason, LONGEST) or "nothing follows from it"
    return Dated(stray.time, f" {stray.kind}: {reason}")


def _buttons(letters: tuple[Letter, ...]) -> Iterator[Part]:
    """Only the oldest letters have buttons: sending one again makes room for the next."""
    for letter in letters[:BUTTONS]:
        yield button(f"Open {clipped(letter.message, 40)}", "letter.show", letter=letter.id)
