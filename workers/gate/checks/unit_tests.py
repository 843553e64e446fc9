"""The model's own tests, run in the sandbox with the model's own environment."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import BOTH, Finding, Found, ModelRepo, Note, tool_check
from core.gate.facts import CheckFacts
from core.gate.tools import Output
from workers.gate.tool_reports import UnreadableReportError, read_junit
from workers.gate.unit_testing.command import command, is_accepted, tests_folder
from workers.gate.unit_testing.verdict import ADD_TESTS, NONE_FOUND, UNREADABLE, of_report, of_run

OF_PIPELINE: Final = "The report of the repository's own pipeline counts, as policy.yml says."
PUBLISH_ANEW: Final = "let the pipeline publish pytest's own junit.xml"


@tool_check(
    "unit_tests",
    command,
    owner=BOTH,
    priority=1,
    is_flaky=True,
    title="The unit tests pass",
    mend="Run python -m pytest in the folder of the model, mend what fails there, and push again.",
    asks=("report",),
)
def unit_tests(output: Output, repo: ModelRepo, facts: CheckFacts) -> Iterator[Found]:
    """A model that is tested can be changed by somebody else.

    The tests run in a sandbox, in the model's own environment and without a network. They must
    really run, to their end and for this commit: at least one that is not skipped.
    """
    folder = tests_folder(repo, facts)
    if is_accepted(facts):
        yield Note(OF_PIPELINE)
        yield from _of_pipeline(output.stdout, repo, folder or facts.layout.tests)
    elif not folder:
        yield Finding(facts.layout.tests, ADD_TESTS, NONE_FOUND)
    else:
        yield from of_run(output, repo, facts)


def _of_pipeline(data: bytes, repo: ModelRepo, folder: str) -> Iterator[Found]:
    try:
        report = read_junit(data)
    except UnreadableReportError as error:
        yield Finding(folder, PUBLISH_ANEW, UNREADABLE.format(why=error))
        return
    yield from of_report(report, repo, folder)
