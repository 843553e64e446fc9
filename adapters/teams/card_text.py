"""Text from outside, made safe for a card: no markdown, no tricks with the direction of letters."""

import re

# * _ ` [ ] ~ < and a backslash mean something anywhere in a line; # > - + and "1." at its start
ANYWHERE = re.compile(r"([\\*_`\[\]~<])")
AT_START = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]\s))", re.MULTILINE)
# overrides of the direction can make "eulav" read "value", and controls hide what is approved
HIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The same words without control characters; half surrogates cannot be sent either."""
    seen = HIDDEN.sub("", text.replace("\r\n", "\n").replace("\t", "    "))
    return seen.encode("utf-8", "replace").decode("utf-8")


def clip(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: max(1, letters - 1)].rstrip()}…"


def escape(text: str) -> str:
    """Markdown characters shown as they are, where an element of the card reads markdown."""
    found = ANYWHERE.sub(r"\\\1", text)
    return AT_START.sub(_escape_start, found)


def _escape_start(match: re.Match[str]) -> str:
    blanks, mark = match.groups()
    return f"{blanks}{mark}\\" if mark.isdigit() else f"{blanks}\\{mark}"
