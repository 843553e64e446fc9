"""Every kind of card is a valid Adaptive Card 1.5, safe to read, and small enough to be sent."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from adapters.teams.adaptive_cards import LARGEST, encode, size
from core.card import (
    Banner,
    Button,
    Cell,
    Dated,
    Facts,
    Heading,
    Link,
    Section,
    Table,
    Text,
    TextInput,
    Tone,
)
from tests.adapters.teams.cards import BUTTONS, ELEMENTS, LINKS, a_card, every_kind, problem

HOSTILE = "**bold** _it_ [click](http://evil.example) `x` # h\n1. one\n- two <b>\u202eeulav"


@pytest.mark.parametrize("kind", ELEMENTS)
def test_each_element_is_valid(kind):
    assert problem(encode(a_card(ELEMENTS[kind]))) == ""


def test_a_card_of_every_kind_is_valid():
    encoded = encode(every_kind())

    assert problem(encoded) == ""
    assert encoded["version"] == "1.5"
    assert encoded["fallbackText"] == "loan_default waits for approval"


def test_the_schema_would_see_a_mistake():
    encoded = encode(a_card(Text("x", Tone.GOOD)))
    encoded["body"][0]["inlines"][0]["color"] = "purple"

    assert problem(encoded).startswith("$.body[0]")


def test_a_button_sends_its_verb_and_data():
    encoded = encode(a_card(buttons=BUTTONS, links=LINKS))

    approve, reject, show, page = encoded["actions"]
    assert approve == {
        "type": "Action.Execute",
        "title": "Approve",
        "verb": "approval.approve",
        "data": {"approval": "a1"},
        "associatedInputs": "auto",
        "style": "positive",
    }
    assert reject["style"] == "destructive"
    assert show["associatedInputs"] == "none"
    assert page["type"] == "Action.OpenUrl"


def test_what_teams_would_hide_is_the_last():
    many = tuple(Button(title=str(number), verb="x") for number in range(7))
    encoded = encode(a_card(buttons=many, links=LINKS))

    assert [action.get("mode") for action in encoded["actions"]] == [None] * 6 + ["secondary"] * 2
    assert problem(encoded) == ""


@pytest.mark.parametrize(
    "element",
    [
        Heading(HOSTILE),
        Banner(HOSTILE, Tone.BAD),
        Facts(((HOSTILE, HOSTILE),)),
        Section(title=HOSTILE, body=()),
    ],
)
def test_markdown_from_outside_is_shown_not_obeyed(element):
    shown = encode(a_card(element))["body"][0]
    shown.pop("selectAction", None)  # the title of an action is plain text
    written = json.dumps(shown, ensure_ascii=False)

    assert "**" not in written.replace("\\\\*", "")
    assert "\\\\[click\\\\](http" in written
    assert "\u202e" not in written


def test_free_text_goes_where_no_markdown_is_read():
    assert encode(a_card(Text("**bold**")))["body"] == [
        {"type": "RichTextBlock", "inlines": ["**bold**"], "spacing": "Small"}
    ]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("loan_default", "loan\\_default"),
        ("# not a title", "\\# not a title"),
        ("1. not a list", "1\\. not a list"),
        ("2.4.6 of numpy", "2.4.6 of numpy"),
        ("- not a list", "\\- not a list"),
        ("a - b", "a - b"),
        ("C:\\new", "C:\\\\new"),
    ],
)
def test_only_what_would_be_obeyed_is_escaped(text, escaped):
    assert encode(a_card(Heading(text)))["body"][0]["text"] == escaped


NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
SINCE = Dated("*since* ", NOON, ", loan_default")
MACRO = "{{DATE(2026-11-29T12:00:00Z, SHORT)}} {{TIME(2026-11-29T12:00:00Z)}}"


@pytest.mark.parametrize(
    "element",
    [
        Heading(SINCE),
        Text(SINCE, Tone.SUBTLE, is_bold=True),
        Banner(SINCE, Tone.BAD),
        Facts((("When", SINCE),)),
        Table(("when",), ((Cell(SINCE, Tone.GOOD),),)),
        Section(title=SINCE, body=()),
    ],
    ids=lambda element: type(element).__name__,
)
def test_a_moment_is_shown_in_the_readers_zone_where_a_client_does_so(element):
    encoded = encode(a_card(element))

    assert problem(encoded) == ""
    shown = [
        text
        for block in _walk(encoded)
        if block.get("type") == "TextBlock" or "value" in block
        for text in (block.get("text"), block.get("value"))
    ]
    assert f"\\*since\\* {MACRO}, loan\\_default" in shown
    assert "DATE" not in json.dumps([block for block in _walk(encoded) if "inlines" in block])


def test_where_no_client_shows_a_moment_it_is_plain_with_its_day_and_zone():
    encoded = encode(a_card(Section(title=SINCE, body=()), summary=SINCE))

    plain = "*since* 2026-11-29 12:00 UTC, loan_default"
    assert encoded["fallbackText"] == encoded["speak"] == plain
    assert encoded["body"][0]["selectAction"]["title"] == plain
    long = Dated("x" * 3_000, NOON)
    assert "DATE" not in json.dumps(encode(a_card(Heading(long))))


THEIRS = "see {{DATE(2001-01-01T00:00:00Z, LONG)}} {{{time (2001-01-01T00:00:00Z)}} {{ jinja }}"


@pytest.mark.parametrize(
    "element",
    [
        Heading(THEIRS),
        Heading(Dated(THEIRS, NOON)),
        Text(THEIRS),
        Text(Dated(NOON, THEIRS)),
        Banner(THEIRS, Tone.BAD),
        Banner(Dated("{", THEIRS[5:], NOON, THEIRS[:5], THEIRS[5:]), Tone.BAD),
        Facts(((THEIRS, THEIRS),)),
        Table((THEIRS,), ((Cell(THEIRS),),)),
        TextInput(id="x", label=THEIRS, placeholder=THEIRS, is_required=True),
        Section(title=THEIRS, body=()),
    ],
)
def test_nobodys_words_become_a_moment(element):
    buttons = (Button(title=THEIRS, verb="x"),)
    links = (Link(THEIRS, "http://127.0.0.1/"),)
    encoded = encode(a_card(element, buttons=buttons, links=links, summary=THEIRS))

    written = json.dumps(encoded, ensure_ascii=False).replace(MACRO, "")
    assert not re.search(r"\{\{\s*(date|time)", written, re.IGNORECASE)
    assert "{{ jinja" in written


def _walk(node):
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from _walk(child)


def test_numbers_stand_to_the_right_and_words_to_the_left():
    columns = encode(a_card(ELEMENTS["table"]))["body"][0]["columns"]

    assert [column.get("horizontalCellContentAlignment") for column in columns] == [
        None,
        "Right",
        "Right",
        "Right",
    ]


def test_on_a_phone_the_words_of_a_table_wrap_before_a_number_does():
    header = ("metric", "now", "champion", "change")
    rows = (
        ("balanced_accuracy_of_the_segment", "0.7821", "0.7603", "+0.0218"),
        ("auc", "0.8", "0.8", "same"),
    )
    cells = tuple(tuple(map(Cell, row)) for row in rows)
    columns = encode(a_card(Table(header, cells)))["body"][0]["columns"]

    assert [column["width"] for column in columns] == [13, 8, 10, 9]
    assert [column.get("horizontalCellContentAlignment") for column in columns] == [
        None, "Right", "Right", "Right",
    ]  # fmt: skip


def test_a_section_opens_its_own_details():
    twice = Section(title="Files", body=(Text("a"),))
    head, body, second_head, second_body = encode(a_card(twice, twice))["body"]

    assert head["selectAction"]["targetElements"][0] == body["id"] == "files-1"
    assert second_head["selectAction"]["targetElements"][0] == second_body["id"] == "files-2"
    assert body["isVisible"] is False


def test_half_a_letter_can_be_sent_too():
    assert "?" in encode(a_card(Text("\ud83d")))["body"][0]["inlines"][0]


LONG = {
    "a long text": Text("x" * 90_000),
    "a long log": Text("\n".join(["line of a log"] * 5_000), is_monospace=True),
    "a long table": Table(("a", "b"), ((Cell("y" * 40), Cell("1")),) * 2_000),
    "many facts": Facts((("name", "value " * 20),) * 900),
    "a long section": Section(title="t", body=(Text("finding"),) * 3_000),
    "letters of four bytes": Text("\N{CANOE}" * 30_000),
}


@pytest.mark.parametrize("kind", LONG)
def test_what_is_too_long_is_cut_and_says_so(kind):
    encoded = encode(a_card(LONG[kind], buttons=BUTTONS, links=LINKS))

    written = json.dumps(encoded, ensure_ascii=False)
    assert size(encoded) <= LARGEST
    assert "more on the page" in written or "…" in written
    assert len(encoded["actions"]) == 4
    assert problem(encoded) == ""


def test_all_that_is_long_at_once_still_fits():
    assert size(encode(a_card(*LONG.values(), *LONG.values(), buttons=BUTTONS))) <= LARGEST


words = some.text(max_size=200)
tones = some.sampled_from(Tone)
cells = some.builds(Cell, words, tones)
flat = (
    some.builds(Heading, words)
    | some.builds(Text, words, tones)
    | some.builds(Banner, words, tones)
    | some.builds(Facts, some.lists(some.tuples(words, words), max_size=5).map(tuple))
    | some.builds(
        Table,
        some.lists(words, max_size=4).map(tuple),
        some.lists(some.lists(cells, max_size=5).map(tuple), max_size=4).map(tuple),
    )
)
elements = flat | some.builds(
    Section, title=words, body=some.lists(flat, max_size=4).map(tuple), is_open=some.booleans()
)


@settings(max_examples=60, deadline=None)
@given(some.lists(elements, max_size=6), words)
def test_any_card_is_valid_and_fits(body, url):
    encoded = encode(a_card(*body, links=(Link("page", "http://127.0.0.1/"),), summary=url))

    assert size(encoded) <= LARGEST
    assert problem(encoded) == ""
