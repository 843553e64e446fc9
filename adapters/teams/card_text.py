"""Makes text from outside safe for a card that reads markdown."""

import re

# * _ ` [ ] ~ < and a backslash mean something anywhere in a line; # > - + and "1." at its start
ANYWHERE = re.compile(r"([\\*_`\[\]~<])")
AT_START = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]\s))", re.MULTILINE)


def clip(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: max(1, letters - 1)].rstrip()}…"


def escape(text: str) -> str:
    """Escape markdown characters, for an element of the card that reads markdown."""
    found = ANYWHERE.sub(r"\\\1", text)
    return AT_START.sub(_escape_start, found)


def _escape_start(match: re.Match[str]) -> str:
    blanks, mark = match.groups()
    return f"{blanks}{mark}\\" if mark.isdigit() else f"{blanks}\\{mark}"
