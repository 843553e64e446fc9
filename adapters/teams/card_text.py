"""Makes text from outside safe for a card: no markdown, no change of the reading direction."""

import re

# * _ ` [ ] ~ < and a backslash mean something anywhere in a line; # > - + and "1." at its start
ANYWHERE = re.compile(r"([\\*_`\[\]~<])")
AT_START = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]\s))", re.MULTILINE)
# direction overrides can show "eulav" as "value", and control characters can hide text
HIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Remove control characters; half a surrogate pair, which cannot be sent, becomes "?"."""
    seen = HIDDEN.sub("", text.replace("\r\n", "\n").replace("\t", "    "))
    return seen.encode("utf-8", "replace").decode("utf-8")


def clip(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: max(1, letters - 1)].rstrip()}…"


def escape(text: str) -> str:
    """Escape markdown characters, for an element of the card that reads markdown."""
    found = ANYWHERE.sub(r"\\\1", text)
    return AT_START.sub(_escape_start, found)


def _escape_start(match: re.Match[str]) -> str:
    blanks, mark = match.groups()
    return f"{blanks}{mark}\\" if mark.isdigit() else f"{blanks}\\{mark}"
