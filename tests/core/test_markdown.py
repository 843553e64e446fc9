"""Words of others stay words in Markdown, whatever they are made of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.markdown import LONGEST, code, link, plain, prose

HOSTILE = [
    "@<6f1d8c0e-0000-4000-8000-00000000a001>", "![x](https://evil.example/p.png)",
    "[press](https://evil.example)", "<img src=x onerror=alert(1)>", "<!-- sluss:answer 2 -->",
    "&lt;b&gt;", "#123 !7", "https://evil.example", "www.evil.example", "a@evil.example",
    "**bold** _it_ ~~no~~ | a | b |", "$$x$$", "# title", "a\n\n# title\n- item", "\u202egnp.exe",
    "```\ncode\n```", "x" * 100_000, "\\", "\\[x](y)",
]  # fmt: skip
UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*[`*_{}\[\]<>()#|!~@&$]")


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_hostile_words_are_shown_as_they_are_written(text):
    shown = plain(text)
    assert not UNESCAPED.search(shown)
    assert "\n" not in shown
    assert "://" not in shown.replace("\\://", "")
    assert len(shown) <= 2 * LONGEST


@given(st.text(max_size=2000))
def test_nothing_that_is_written_is_a_mark(text):
    assert not UNESCAPED.search(plain(text))
    assert plain(text).isprintable()
    assert code(text).count("`") in {0, 2}
    assert "@<" not in code(text)
    assert "<!" not in code(text) + plain(text) + prose(text)
    outside = re.sub(r"`[^`]*`", "", prose(text))
    assert not UNESCAPED.search(outside)


def test_sentences_keep_their_commands():
    said = "A member of a_team can `retry loan_default-3`, or <b>not</b>."
    assert prose(said) == "A member of a\\_team can `retry loan_default-3`, or \\<b\\>not\\</b\\>."


def test_a_mark_that_we_know_our_own_words_by_is_written_by_nobody_else():
    mark = "<!-- sluss:answer 2 -->"
    for text in (mark, f"`{mark}`", f"`<`!-- x `<{mark}`"):
        for shown in (plain(text), code(text), prose(text)):
            assert "<!" not in shown


LINKS = [
    ("http://sluss/releases/loan-1", "[The release](http://sluss/releases/loan-1)"),
    ("https://teams.example/l/message/19%3a/1", "[The release](https://teams.example/l/message/19%3a/1)"),
    ("", ""),
    ("javascript:alert(1)", ""),
    ("https://x/ ) [evil](https://y", ""),
]  # fmt: skip


@pytest.mark.parametrize(("url", "shown"), LINKS)
def test_a_link_leads_to_an_address_of_ours_or_is_none(url, shown):
    assert link("The release", url) == shown
