"""Cards of every kind, and the official schema that Microsoft publishes for them."""

import json
from importlib import resources

import jsonschema

from core.card import (
    Banner,
    Button,
    Card,
    Cell,
    Facts,
    Heading,
    Link,
    Section,
    Table,
    Text,
    TextInput,
    Tone,
)

ELEMENTS = {
    "heading": Heading("Release loan_default version 7 to PROD?"),
    "small heading": Heading("Findings", is_large=False),
    "text": Text("waits for approval\nsince 09:12", Tone.SUBTLE),
    "code": Text("src/train.py:12", is_monospace=True),
    "bold": Text("check · priority 1", is_bold=True),
    "facts": Facts((("Purpose", "quarterly refit"), ("Fall back", "version 6"))),
    "empty facts": Facts(()),
    "table": Table(
        ("metric", "now", "champion", "change"),
        (
            (Cell("auc"), Cell("0.871"), Cell("0.842", Tone.SUBTLE), Cell("+0.029", Tone.GOOD)),
            (Cell("brier"), Cell("0.131"), Cell("0.122"), Cell("+0.009", Tone.BAD)),
        ),
    ),
    "short row": Table(("file", "change"), ((Cell("src/train.py"),),)),
    "table without columns": Table((), ()),
    "input": TextInput(id="reason", label="Reason", placeholder="kept in the ledger"),
    "required input": TextInput(id="purpose", label="Purpose", is_required=True),
    "section": Section(title="Changed files", body=(Text("src/train.py"), Facts((("a", "b"),)))),
    "open section": Section(title="Libraries", body=(Text("numpy 2.4.6"),), is_open=True),
    **{f"{tone} banner": Banner(f"This is {tone}", tone) for tone in Tone},
    **{f"{tone} text": Text(f"This is {tone}", tone) for tone in Tone},
}

BUTTONS = (
    Button(title="Approve", verb="approval.approve", data={"approval": "a1"}, tone=Tone.GOOD),
    Button(title="Reject", verb="approval.reject", data={"approval": "a1"}, tone=Tone.BAD),
    Button(title="Show all", verb="approval.show", needs_inputs=False),
)
LINKS = (Link("Open release", "http://127.0.0.1:8080/releases/loan_default-3"),)


def a_card(*body, buttons=(), links=(), summary="loan_default waits for approval"):
    return Card(summary=summary, body=body, buttons=buttons, links=links)


def every_kind():
    return a_card(*ELEMENTS.values(), buttons=BUTTONS, links=LINKS)


def _validator():
    folder = resources.files("adaptive_cards") / "schemas"
    schema = json.loads((folder / "schema-1.5.json").read_text())
    only_cards = {"$ref": "#/definitions/AdaptiveCard", "definitions": schema["definitions"]}
    return jsonschema.Draft6Validator(only_cards)


VALIDATOR = _validator()


def problem(encoded):
    """Where the card breaks the schema, or ""; ``msteams`` is Teams' own and not in it."""
    public = {key: value for key, value in encoded.items() if key != "msteams"}
    worst = jsonschema.exceptions.best_match(VALIDATOR.iter_errors(public))
    return f"{worst.json_path}: {worst.message}" if worst else ""
