"""Reads uv's messages: whether it looked at all, which package is missing, why nothing fits."""

import re
from typing import Final

from packaging.utils import canonicalize_name

NO_SOLUTION: Final = "No solution found"
NO_INDEX: Final = re.compile(
    r"failed to fetch|error sending request|dns error|timed out|connection refused"
    r"|network was disabled|could not be queried",
    re.IGNORECASE,
)
MISSING: Final = re.compile(r"\b(?P<name>[A-Za-z0-9._-]+) was not found in the package registry")
BECAUSE: Final = re.compile(r"\b(?:And b|B)ecause ")
SO: Final = re.compile(r",? (?:we can conclude|it follows) that\b")
HEAD: Final = re.compile(r"No solution found[^\n]*\n?\s*(?:cause: )?")
HINT: Final = re.compile(r"\n\s*hint:", re.IGNORECASE)
FRAME: Final = re.compile(r"^[\s│╰├─▶>]+", re.MULTILINE)
WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
USER_AT: Final = re.compile(r"://[^/\s@]+@")
MOST: Final = 350


def missing(said: str) -> str:
    """Return the package that the index does not have, or ""."""
    found = MISSING.search(said)
    return found["name"] if found and not NO_INDEX.search(said) else ""


def is_unanswered(said: str) -> bool:
    """Tell whether uv could not reach the index, so that nothing is known."""
    return NO_INDEX.search(said) is not None


def is_unsolved(said: str) -> bool:
    return NO_SOLUTION in said and not is_unanswered(said)


def reason(said: str) -> str:
    """Return the facts of uv's explanation in one line, without its conclusions."""
    argument = " ".join(FRAME.sub("", HEAD.split(HINT.split(said)[0])[-1]).split())
    parts = (SO.split(part)[0].rstrip(" .") for part in BECAUSE.split(argument))
    told = "; ".join(dict.fromkeys(filter(None, parts)))
    return told if len(told) <= MOST else f"{told[: MOST - 1]}…"


def names(said: str) -> set[str]:
    """Return every word of the explanation that may be a package's name, normalised."""
    words = WORD.findall(HINT.split(said)[0])
    return {canonicalize_name(word.rstrip("._-")) for word in words}


def without_users(said: str) -> str:
    """Remove the user part of addresses, as that of a package index may hold a password."""
    return USER_AT.sub("://", said)
