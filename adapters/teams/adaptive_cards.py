"""Encodes a card as Adaptive Card 1.5, the newest that Teams reads, small enough to be accepted.

Buttons are Action.Execute (Universal Actions):
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/overview
"""

from typing import Any, Final

import msgspec

from adapters.teams.adaptive_card_elements import CardLimits, Encoder, Json
from adapters.teams.card_text import clip, inert
from core.card import Button, Card, Link, Tone
from core.typed_text import clean

CONTENT_TYPE: Final = "application/vnd.microsoft.card.adaptive"
VERSION: Final = "1.5"
LARGEST: Final = 25_000  # bytes; Teams refuses a message of about 28 KB with everything around it
PRIMARY_ACTIONS: Final = 6  # Teams hides what comes after, so that we choose what is hidden
STYLES: Final = {Tone.GOOD: "positive", Tone.BAD: "destructive"}
TITLE_LETTERS: Final = 80

# tried in this order until the card fits; the last one always does
LADDER: Final = (
    CardLimits(elements=200, rows=50, letters=3000),
    CardLimits(elements=80, rows=25, letters=1000),
    CardLimits(elements=40, rows=12, letters=500),
    CardLimits(elements=20, rows=8, letters=300),
    CardLimits(elements=12, rows=5, letters=200),
    CardLimits(elements=8, rows=3, letters=120),
    CardLimits(elements=4, rows=2, letters=80),
    CardLimits(elements=2, rows=1, letters=60),
)


def encode(card: Card) -> Json:
    """Encode the card in LARGEST bytes; what is cut is told as "and N more on the page"."""
    found: Json = {}
    for limits in LADDER:
        found = _encode(card, limits)
        if size(found) <= LARGEST:
            break
    return found


def size(card: Json) -> int:
    return len(msgspec.json.encode(card))


def _encode(card: Card, limits: CardLimits) -> Json:
    summary = clip(inert(clean(card.summary)), 300)
    found: Json = {
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": summary,
        "speak": summary,
        "msteams": {"width": "Full"},
        "body": Encoder(limits).body(card.body),
    }
    actions = [*map(_button, card.buttons), *map(_link, card.links)]
    if actions:
        found["actions"] = [_placed(action, number) for number, action in enumerate(actions)]
    return found


def _button(button: Button) -> Json:
    found: Json = {
        "type": "Action.Execute",
        "title": clip(inert(clean(button.title)), TITLE_LETTERS),
        "verb": button.verb,
        "data": dict(button.data),
        "associatedInputs": "auto" if button.needs_inputs else "none",
    }
    style = STYLES.get(button.tone)
    return {**found, "style": style} if style else found


def _link(link: Link) -> Json:
    return {
        "type": "Action.OpenUrl",
        "title": clip(inert(clean(link.title)), TITLE_LETTERS),
        "url": link.url,
    }


def _placed(action: dict[str, Any], number: int) -> Json:
    return action if number < PRIMARY_ACTIONS else {**action, "mode": "secondary"}
