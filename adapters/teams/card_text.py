"""Makes text from outside safe for a card that reads markdown."""

import re
from datetime import UTC, datetime

# * _ ` [ ] ~ < and a backslash mean something anywhere in a line; # > - + and "1." at its start
ANYWHERE = re.compile(r"([\\*_`\[\]~<])")
AT_START = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]\s))", re.MULTILINE)


# the renderers' own functions, which write a moment in the reader's zone
MACRO = re.compile(r"\{(?=\{\s*(?:DATE|TIME)\b)", re.IGNORECASE)


def moment(time: datetime) -> str:
    """Return what a client shows as day and time in its reader's zone and language."""
    iso = f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"{{{{DATE({iso}, SHORT)}}}} {{{{TIME({iso})}}}}"


def inert(text: str) -> str:
    """Part the braces of such a function in a text that is not ours: nobody's words are obeyed."""
    return MACRO.sub("{\N{ZERO WIDTH SPACE}", text)


def clip(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: max(1, letters - 1)].rstrip()}…"


def escape(text: str) -> str:
    """Escape markdown characters, for an element of the card that reads markdown."""
    found = ANYWHERE.sub(r"\\\1", text)
    return AT_START.sub(_escape_start, found)


def _escape_start(match: re.Match[str]) -> str:
    blanks, mark = match.groups()
    return f"{blanks}{mark}\\" if mark.isdigit() else f"{blanks}\\{mark}"
