"""What people type, made safe to keep and to show; how it is cut or refused is for who reads it."""

import json
import re
import unicodedata
from typing import Any, Final

LONGEST: Final = 2_000  # letters of one text that a person types into a card or a message

# direction overrides can show "eulav" as "value", and control characters can hide text
HIDDEN: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
LINES: Final = re.compile("\r\n?|[\u2028\u2029]")


def clean(text: str) -> str:
    """Remove what cannot be seen; half a surrogate pair, which cannot be kept, becomes "?"."""
    seen = HIDDEN.sub("", LINES.sub("\n", text).replace("\t", "    "))
    return seen.encode("utf-8", "replace").decode("utf-8")


def written(text: str) -> str:
    """Return what a person wrote, clean; "" where nothing of it can be seen."""
    found = clean(text).strip()
    return found if any(unicodedata.category(letter)[0] in "LMNPS" for letter in found) else ""


def clean_json(text: str) -> Any:
    """Read JSON with every text in it clean, and without what is null, as that was not said.

    Raise ValueError for what is none, or is nested too deeply to be kept.
    """
    try:
        return _tidy(json.loads(text))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _tidy(said: Any) -> Any:
    match said:
        case str():
            return clean(said)
        case list():
            return [_tidy(each) for each in said]
        case dict():
            return {clean(name): _tidy(each) for name, each in said.items() if each is not None}
    return said
