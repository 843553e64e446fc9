"""The Markdown form: a table and the findings; a repository's words stay words."""

import re

from core.policy import Policy
from tests.workers.gate.reports.results import ADVICE, BLOCKING, BROKEN, HOSTILE, RESULTS
from workers.gate.reports import markdown


def text(*results):
    return markdown(results, Policy()).decode()


def test_each_check_is_one_row_of_the_table():
    rows = [line for line in text(*RESULTS).splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(RESULTS)
    assert rows[2] == "| ❌ | entry_points | 2 findings | run | GBI |"
    assert rows[3] == "| ⚠️ | lint | 1 finding · score 9.25 of 10 | - | model developer |"
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_a_finding_says_where_what_and_how_to_mend():
    line = "- `src/train.py:3` has none. **define a top-level function train(data, params)**"
    assert line in text(BLOCKING)


def test_notes_stand_behind_the_findings():
    assert "> Profile pep8.\n> See the rules." in text(ADVICE)
    assert "> stopped after 60 s" in text(BROKEN)


def test_hostile_words_make_no_link_no_html_and_no_cell():
    said = text(HOSTILE)
    assert "\\<script\\>" in said
    assert "](http" not in said.replace("\\]", "")
    assert "<!--" not in said.replace("\\<", "")
