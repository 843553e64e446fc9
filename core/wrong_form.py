"""Says in words for people what a decoder has found wrong with the form of a file."""

import re
from typing import Final

import msgspec

KINDS: Final = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date",
    "datetime": "a time",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a mapping of keys",
    "str": "text",
}
BOUNDS: Final = {"<=": "at most", ">=": "at least", "<": "below", ">": "above"}
WORDS: Final = (
    (r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`", "it must be {wanted}, and is {got}"),
    (r"Expected `(?P<wanted>[^`]*)` (?P<bound>[<>]=?) (?P<most>\S+)",
     "it must be {wanted}, {bound} {most}"),
    (r"Expected `(?P<wanted>[^`]*)` .*", "it must be {wanted} of another form"),
    (r"Invalid enum value (?P<name>'.*')", "{name} is none of its words"),
    (r"Object contains unknown field `(?P<name>[^`]*)`", "there is no key '{name}'"),
    (r"Object missing required field `(?P<name>[^`]*)`", "the key '{name}' is missing"),
)  # fmt: skip


def wrong_form(error: msgspec.ValidationError) -> str:
    """Return the place and what is wrong there, as ``blocks.QA: it must be a whole number``."""
    found, _, place = str(error).partition(" - at `")
    where = place.rstrip("`").rpartition("`")[2].removeprefix("$").lstrip(".")
    return f"{where}: {_in_words(found)}" if where else _in_words(found)


def _in_words(found: str) -> str:
    for pattern, words in WORDS:
        if match := re.fullmatch(pattern, found, re.DOTALL):
            parts = match.groupdict()
            return words.format_map({name: _word(name, parts[name]) for name in parts})
    return found


def _word(name: str, said: str) -> str:
    if name in ("wanted", "got"):
        return " or ".join(KINDS.get(kind, kind) for kind in said.split(" | "))
    return BOUNDS[said] if name == "bound" else said
