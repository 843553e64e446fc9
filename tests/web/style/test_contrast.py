"""Every pair of colours that carries words can be read, light and dark (WCAG AA, 4.5 to 1)."""

import re

import pytest

from web.style import FOLDER

PAIRS = [
    ("text", "ground"),
    ("text", "surface"),
    ("text", "sunken"),
    ("muted", "ground"),
    ("muted", "surface"),
    ("muted", "sunken"),
    ("accent", "surface"),
    ("accent", "accent-ground"),
    ("on-accent", "accent"),
    ("good", "surface"),
    ("good", "good-ground"),
    ("warn", "surface"),
    ("warn", "warn-ground"),
    ("bad", "surface"),
    ("bad", "bad-ground"),
    ("on-strong", "good-strong"),
    ("on-strong", "bad-strong"),
]


def themes():
    """The tokens of both schemes; the dark one keeps what it does not say anew."""
    style = (FOLDER / "tokens.css").read_text()
    light, dark = style.split("prefers-color-scheme: dark", 1)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return {"light": found[0], "dark": found[0] | found[1]}


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("words", "behind"), PAIRS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read(scheme, words, behind):
    tokens = themes()[scheme]
    low, high = sorted((luminance(tokens[words]), luminance(tokens[behind])))

    assert (high + 0.05) / (low + 0.05) >= 4.5
