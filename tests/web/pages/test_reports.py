"""The gate's reports: what the release names is handed out to be saved, and nothing else."""

import msgspec
import pytest

from core.gate.checks import CheckResult, Finding, Measure, Status
from core.gate.tools import Level
from core.results import Checked
from core.words import Step
from tests.core.story import Story

REPORT = b'<script>alert("a tool quotes a repository")</script>'


@pytest.fixture
async def checked(pages):
    blob = await pages.evidence.keep(REPORT)
    lint = CheckResult(
        check="lint", title="Readable code", owner="GBI", priority=3, status=Status.FOUND,
        findings=(Finding("src/a.py", "remove it", "unused import", 2, "W0611", is_advice=True),),
        measures=(Measure("score", 9.25, "of 10"),), level=Level.BUBBLEWRAP,
        reports={"stdout": blob},
    )  # fmt: skip
    result = Checked(
        checks=(lint,), model="loan_default", team="credit", reports={"gate.sarif": blob}
    )
    await pages.world.told(Story().push(1).finish(Step.CHECK, result))
    return lint


async def test_the_page_shows_figures_hints_and_how_the_tool_was_shut_in(checked, read):
    _, text = await read("/releases/loan-1")

    assert "score 9.25 of 10" in text
    assert "hint W0611 unused import" in text
    assert "bubblewrap" in text


@pytest.mark.parametrize("path", ["lint/stdout", "gate/gate.sarif"])
async def test_a_report_is_saved_and_never_shown(checked, pages, source, path):
    assert f'href="/releases/loan-1/evidence/{path}"' in await source("/releases/loan-1")
    async with pages.client.get(f"/releases/loan-1/evidence/{path}") as answer:
        assert await answer.read() == REPORT
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize(
    "path",
    [
        "loan-1/evidence/lint/stderr",
        "loan-1/evidence/nothing/stdout",
        "loan-2/evidence/lint/stdout",
        "loan-1/evidence/gate/..%2f..%2fstore.db",
    ],
)
async def test_what_the_release_does_not_name_is_not_there(checked, pages, path):
    async with pages.client.get(f"/releases/{path}") as answer:
        assert answer.status == 404


async def test_what_is_found_so_far_is_shown_while_slower_checks_run(pages, read):
    preview = CheckResult(
        check="lint", title="Readable code", owner="GBI", priority=3, status=Status.PASSED
    )
    story = (
        Story().push(1).report(msgspec.structs.replace(preview, is_preview=True), waiting=("lint",))
    )
    await pages.world.told(story)
    _, text = await read("/releases/loan-1")

    assert "So far; still running: lint." in text
    await pages.world.told(story.push(2))
    _, text = await read("/releases/loan-1")
    assert "still running" not in text
