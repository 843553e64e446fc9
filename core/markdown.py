"""Words of others in Markdown: none of them is a mark, a mention, an image, a link or HTML."""

import re
from typing import Final

# A host takes @<id>, #number and !number for mentions, and an address for a link.
# https://learn.microsoft.com/azure/devops/project/wiki/markdown-guidance
_SPECIAL: Final = re.compile(r"[\\`*_{}\[\]<>()#|!~@&$]|(?<=[A-Za-z]):(?=//)|(?<=www)\.", re.ASCII)
_CODE: Final = re.compile(r"`([^`]+)`")
_URL: Final = re.compile(r"https?://[^\s<>()\[\]\\`|]+")
LONGEST: Final = 300


def plain(text: str, longest: int = LONGEST) -> str:
    """Return the text in one line that is shown as it is written; what is too long is cut."""
    return _SPECIAL.sub(r"\\\g<0>", _cut(text, longest))


def code(text: str, longest: int = LONGEST) -> str:
    """Return the text as code; a mention is none there either, and no mark of ours."""
    inner = _cut(text, longest).replace("`", "'").replace("@<", "@ <").replace("<!", "< !").strip()
    return f"`{inner}`" if inner else ""


def prose(text: str, longest: int = 3 * LONGEST) -> str:
    """Return sentences of which only what stands between backticks is anything else than words."""
    parts = _CODE.split(_cut(text, longest))
    return "".join(
        code(part, longest) if at % 2 else plain(part, longest) for at, part in enumerate(parts)
    )


def link(text: str, url: str) -> str:
    """Return a link to an address of ours; "" where there is none that a link can have."""
    return f"[{plain(text)}]({url})" if _URL.fullmatch(url) else ""


def _cut(text: str, longest: int) -> str:
    """What cannot be shown, or turns the direction of what follows, becomes a space."""
    shown = "".join(each if each.isprintable() else " " for each in text[: 4 * longest])
    flat = re.sub(r" {2,}", " ", shown)
    return flat if len(flat) <= longest else f"{flat[: longest - 1].rstrip()}…"
