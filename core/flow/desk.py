"""The platform team's desk: dead letters until they are sent again, and what else it is told."""

from core.context import Context
from core.desk import (
    FOUND_CARD,
    HOOKS_CARD,
    LETTER_CARD,
    MOVED_CARD,
    SLOWED_CARD,
    letter_id,
)
from core.events.desk import (
    ConversationMoved,
    HostSlowed,
    LetterBuried,
    LetterGone,
    LetterRedriven,
    RedriveRequested,
    RepositoriesFound,
    SubscriptionsChanged,
)
from core.flow.cards import CardRef
from core.flow.decision import Decision, decides, follows, ignored, refused
from core.hook_incident import incident_after
from core.jobs import RedriveLetter
from core.release.model import Model


@decides(LetterBuried)
def buried(_model: Model, event: LetterBuried, _context: Context) -> Decision:
    return Decision(cards=_card(event))


@decides(ConversationMoved)
def moved(_model: Model, event: ConversationMoved, _context: Context) -> Decision:
    return Decision(cards=(CardRef(MOVED_CARD, event.id),))


@decides(RepositoriesFound)
def found(_model: Model, event: RepositoriesFound, _context: Context) -> Decision:
    return Decision(cards=(CardRef(FOUND_CARD, event.id),))


@decides(HostSlowed)
def slowed(_model: Model, event: HostSlowed, _context: Context) -> Decision:
    return Decision(cards=(CardRef(SLOWED_CARD, event.id),))


@decides(SubscriptionsChanged)
def hooks_changed(_model: Model, event: SubscriptionsChanged, context: Context) -> Decision:
    before = context.desk.hooks
    if before.troubles == event.troubles:
        return ignored(event, context, "it was told before how the service hooks are")
    return Decision(cards=(CardRef(HOOKS_CARD, incident_after(before, event).id),))


@decides(RedriveRequested)
def wanted(model: Model, event: RedriveRequested, context: Context) -> Decision:
    """Two people at once send it once: the second one hears who was first."""
    no = refused(model, event, context)
    if no is not None:
        return no
    letter = context.desk.letters[letter_id(event.queue, event.message)]
    again = follows(
        event, LetterRedriven, context, queue=letter.queue, message=letter.message, by=event.by
    )
    job = RedriveLetter(
        id=f"redrive/{event.id}", stream=model.stream,
        queue=letter.queue, message=letter.message, since=letter.since,
    )  # fmt: skip
    return Decision(events=(again,), jobs=(job,), cards=_card(event))


@decides(LetterGone)
def gone(_model: Model, event: LetterGone, context: Context) -> Decision:
    """A letter that was sent again while its queue was looked at is not gone."""
    letter = context.desk.letters.get(letter_id(event.queue, event.message))
    if letter is None or not letter.is_open or letter.since != event.since:
        return ignored(event, context, f"{event.message} was no open letter any more")
    return Decision(cards=_card(event))


def _card(event: LetterBuried | RedriveRequested | LetterGone) -> tuple[CardRef, ...]:
    """A letter about a letter's own card gets none: the telling would never end."""
    if event.message.startswith(f"card/{LETTER_CARD}/"):
        return ()
    return (CardRef(LETTER_CARD, letter_id(event.queue, event.message)),)
