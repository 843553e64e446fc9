"""The reference pages say what the code says."""

from pathlib import Path

import pytest

from sluss.reference import pages
from workers.gate.checks import CHECKS

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", pages())
def test_a_page_is_as_the_tables_are_now(name):
    assert (FOLDER / name).read_text("utf-8") == pages()[name], "run: make docs"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_says_why_and_how_to_mend(check):
    assert len(check.why) > 40
    assert check.mend.endswith(".")
