"""A JUnit report of any origin: read by its cases, and refused where it is none."""

import json

import pytest

from workers.gate.tool_reports import (
    MAX_CASES,
    CaseOutcome,
    UnreadableReportError,
    kept_report,
    read_junit,
)

GOOD = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="sluss-1" tests="4" failures="1" errors="1" skipped="1">
<testcase classname="tests.test_model" name="test_a" file="tests/test_model.py" line="2"/>
<testcase classname="tests.test_model" name="test_b" file="tests/test_model.py" line="4">
<failure message="assert 1 == 2&#10; +  where">tests/test_model.py:6: in test_b
E   assert 1 == 2</failure></testcase>
<testcase classname="" name="tests.test_x"><error message="collection failure">E   No</error></testcase>
<testcase classname="tests.test_model" name="test_c"><skipped message="no spark"/></testcase>
</testsuite></testsuites>"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE testsuite [<!ENTITY a "xxxxxxxxxx">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<testsuite><testcase name="&c;"/></testsuite>"""
OUTSIDE = (
    b"""<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite name="&a;"/>"""
)


def test_each_case_has_its_outcome_and_its_place():
    report = read_junit(GOOD)
    assert [case.outcome for case in report.cases] == [
        CaseOutcome.PASSED,
        CaseOutcome.FAILED,
        CaseOutcome.ERROR,
        CaseOutcome.SKIPPED,
    ]
    failed = report.cases[1]
    assert (failed.file, failed.line) == ("tests/test_model.py", 4)
    assert failed.message == "assert 1 == 2\n +  where"
    assert failed.text.startswith("tests/test_model.py:6: in test_b")
    assert [case.name for case in report.failed] == ["test_b", "tests.test_x"]
    assert report.suites == ("pytest tests", "sluss-1")


def test_one_suite_without_the_outer_element_is_fine():
    assert len(read_junit(b"<testsuite><testcase name='a'/></testsuite>").cases) == 1


def test_what_the_report_counts_is_kept_beside_what_it_shows():
    report = read_junit(b"<testsuite tests='9' failures='3' errors='1'/>")
    assert (report.said_failed, report.cases) == (4, ())


@pytest.mark.parametrize("number", ["-1", "1e9", "x", "", "9" * 400, "\u0663"])
def test_a_count_that_is_no_number_says_nothing(number):
    assert read_junit(f"<testsuite failures='{number}'/>".encode()).said_failed == 0


def test_a_test_that_failed_stays_so():
    data = b"<testsuite><testcase name='a'><failure message='x'/><skipped message='y'/></testcase></testsuite>"
    [case] = read_junit(data).cases
    assert (case.outcome, case.message) == (CaseOutcome.FAILED, "x")


def test_of_a_long_text_the_end_is_kept():
    data = (
        b"<testsuite><testcase name='a'><failure>"
        + b"x" * 50_000
        + b"the end</failure></testcase></testsuite>"
    )
    [case] = read_junit(data).cases
    assert case.text.endswith("the end")
    assert len(case.text) == 4_000


CASE = b"<testcase name='a'/>"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        (b"<!DOCTYPE x>" + GOOD.partition(b"?>")[2], "document type"),
        ("<!DOCTYPE x []><testsuite/>".encode("utf-16"), "document type"),
        (b"", "no XML"),
        (b"{}", "no XML"),
        (b"<testsuite>", "no XML"),
        (b"<testsuite name='\xff'/>", "no XML"),
        (b"\x00\x01", "no XML"),
        (b"<html/>", "begins with <html>"),
        (b"<testsuite>" + CASE * (MAX_CASES + 1) + b"</testsuite>", "more than 20,000 tests"),
        (b" " * (8 * 1024 * 1024 + 1), "larger than 8 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_report_is_refused_with_the_reason(data, why):
    with pytest.raises(UnreadableReportError, match=why):
        read_junit(data)


def test_deep_nesting_ends_well():
    depth = 100_000
    assert read_junit(b"<testsuite>" * depth + b"</testsuite>" * depth).cases == ()


def test_a_report_is_kept_without_what_it_quotes_and_without_secrets():
    report = {"results": [{"code": "login('swordfish')", "text": "token=0123456789", "line": 3}]}
    kept = json.loads(kept_report(json.dumps(report).encode(), ("code",)))
    assert kept == {"results": [{"text": "token=***", "line": 3}]}


@pytest.mark.parametrize("report", [b"", b"no JSON", b"\xff\x00", b"[" * 5000, b'{"a": "b"}'])
def test_a_report_without_secrets_is_kept_as_it_is(report):
    assert kept_report(report, ()) == report


@pytest.mark.parametrize(
    "report", [b"<a>api-key: 0123456789</a>", b'{"\xff": "api-key: 0123456789"}']
)
def test_words_are_kept_without_secrets_too(report):
    kept = kept_report(report, ())
    assert b"api-key: ***" in kept
    assert b"0123" not in kept
