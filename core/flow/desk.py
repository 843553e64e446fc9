"""Dead letters: each has a card on the desk of the platform team until somebody sends it again."""

from core.context import Context
from core.desk import letter_id
from core.events.desk import LetterBuried, LetterRedriven
from core.flow.decision import CardRef, Decision, decides, ignored
from core.release.model import Model


@decides(LetterBuried)
def buried(_model: Model, event: LetterBuried, _context: Context) -> Decision:
    return Decision(cards=(CardRef("letter", letter_id(event.queue, event.message)),))


@decides(LetterRedriven)
def redriven(_model: Model, event: LetterRedriven, context: Context) -> Decision:
    """Two people at once send it once: the second one only hears that it was done."""
    key = letter_id(event.queue, event.message)
    letter = context.desk.letters.get(key)
    if letter is None:
        return ignored(event, context, f"there is no dead letter {key}")
    if not letter.is_open:
        by = letter.redriven_by.name if letter.redriven_by else "somebody"
        return ignored(event, context, f"{key} was sent again before, by {by}")
    return Decision(cards=(CardRef("letter", key),))
