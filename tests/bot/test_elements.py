"""A card's file reads like the card."""

from bot.elements import (
    banner,
    button,
    card,
    code,
    facts,
    heading,
    link,
    section,
    table,
    text,
    text_input,
)
from core.card import Button, Cell, Link, Tone


def test_parts_keep_their_order_and_buttons_go_to_the_foot():
    made = card(
        banner("2 findings stop this release", Tone.BAD),
        button("Retry", "release.retry", release="loan-1"),
        heading("loan"),
        None,
        link("Open", "http://127.0.0.1/releases/loan-1"),
        text("mend them"),
    )

    assert [part.text for part in made.body] == [
        "2 findings stop this release",
        "loan",
        "mend them",
    ]
    assert made.buttons == (
        Button(title="Retry", verb="release.retry", data={"release": "loan-1"}),
    )
    assert made.links == (Link("Open", "http://127.0.0.1/releases/loan-1"),)
    assert made.summary == "2 findings stop this release"


def test_a_summary_of_its_own_wins():
    assert card(heading("loan"), summary="loan is checked").summary == "loan is checked"


def test_facts_are_spoken_names():
    made = facts([("MODEL_NAME", "loan")], fall_back="none", requested_by="Anna")

    assert made.rows == (("MODEL_NAME", "loan"), ("Fall back", "none"), ("Requested by", "Anna"))


def test_a_table_takes_plain_text_and_toned_cells():
    made = table(["metric", "change"], [["auc", Cell("+0.1", Tone.GOOD)]])

    assert made.rows == ((Cell("auc"), Cell("+0.1", Tone.GOOD)),)


def test_the_small_parts_say_what_they_are():
    asked = text_input("purpose", "Purpose", is_required=True)
    closed = section("Files", code("src/train.py:3"), None)

    assert asked.is_required
    assert closed.body[0].is_monospace
    assert not closed.is_open
