"""``model history <model>``: who released what, when, to which stage, and who approved it."""

from collections.abc import Iterator, Sequence

from bot.command import Asker, command
from bot.elements import card, heading, text
from bot.lookup import find_model, name_of
from core.card import Card, Dated, Element, Tone
from core.events.base import Event
from core.events.derived import (
    ApprovalVoided,
    PromotionApproved,
    PromotionRejected,
    PromotionRequested,
    RegistryChangedOutside,
    StagePlaced,
)
from core.words import ReleaseId, Stage

MOST = 15
SHOWN = (
    PromotionRequested,
    PromotionApproved,
    PromotionRejected,
    ApprovalVoided,
    StagePlaced,
    RegistryChangedOutside,
)
NOTHING = "Nothing was placed on a stage yet."


@command(
    "model history <model>",
    "Who released what, when, to which stage, and who approved it.",
    who="everyone",
    examples=["model history loan_default"],
)
async def model_history(words: list[str], asker: Asker) -> Card:
    model = await find_model(asker.show.ports, words[0])
    recorded = await asker.show.ports.store.load(model.stream, kinds=SHOWN)
    lines = [*_lines([entry.event for entry in recorded])][::-1]
    return card(
        heading(f"History of {name_of(model)}"),
        *(part for line in lines[:MOST] for part in line),
        text(NOTHING, Tone.SUBTLE) if not lines else None,
        text(f"and {len(lines) - MOST} earlier", Tone.SUBTLE) if len(lines) > MOST else None,
    )


def _lines(events: Sequence[Event]) -> Iterator[tuple[Element, Element]]:
    """What happened in bold, then when and by whom; the oldest first."""
    asked: dict[tuple[ReleaseId, Stage], str] = {}
    approved: dict[tuple[ReleaseId, Stage], str] = {}
    for event in events:
        match event:
            case PromotionRequested():
                asked[event.release, event.stage] = event.requester.name
            case PromotionApproved():
                approved[event.release, event.stage] = event.by.name
            case StagePlaced():
                key = event.release, event.stage
                what = f"Version {event.version} to {event.stage} ({event.release})"
                who = f"asked by {asked.get(key, '?')}, approved by {approved.get(key, '?')}"
                yield _line(event, what, who, Tone.PLAIN)
            case PromotionRejected():
                what = f"{event.stage} rejected for {event.release}"
                yield _line(event, what, f"by {event.by.name}: {event.comment}", Tone.WARN)
            case ApprovalVoided():
                what = f"{event.stage} came to nothing for {event.release}"
                yield _line(event, what, event.reason, Tone.WARN)
            case RegistryChangedOutside():
                what = f"{event.stage} changed outside of a release"
                found = f"expected {event.expected or 'nothing'}, found {event.found or 'nothing'}"
                yield _line(event, what, found, Tone.BAD)


def _line(event: Event, what: str, who: str, tone: Tone) -> tuple[Element, Element]:
    return text(what, tone, is_bold=True), text(Dated(event.time, f" · {who}"), Tone.SUBTLE)
