"""Writes docs/reference/ anew; tests/sluss/test_reference.py fails when it is out of date."""

from pathlib import Path

from sluss.reference import pages

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

for name, text in pages().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
