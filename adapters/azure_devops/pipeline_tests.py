"""The tests that a repository's own pipeline ran on exactly one commit, as a JUnit report."""

import re
from typing import Any, Final
from xml.etree import ElementTree as ET

from adapters.azure_devops.builds import Builds, CommitBuild
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.not_there import refuse_gone
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from core.errors import StepFailedError

# The title of pytest's own run in template_ci_unit_tests.yml, and how those of the gate begin,
# as do the runs that we publish ourselves (test_runs.py).
UNIT_TESTS: Final = "unit tests"
OF_THE_GATE: Final = ("sluss,", "sluss/")
PAGE: Final = 1_000  # results of one answer, as many as Azure DevOps gives
MOST: Final = 20_000  # the check reads no more
LONGEST: Final = 4_000
ENDED: Final = frozenset({"completed", "needsinvestigation"})
NOT_RUN: Final = frozenset({"notexecuted", "notapplicable", "inconclusive", "warning"})
# XML 1.0 cannot hold these characters, not even as a reference.
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TOO_MANY: Final = (
    "Build {build} has more than {most:,} test results. They were not read, as a part of them may "
    "hide what failed; publish fewer, or the tests of the model alone."
)


class PipelineTests:
    def __init__(self, azure_devops: AzureDevOps, builds: Builds) -> None:
        self._azure_devops = azure_devops
        self._builds = builds

    async def report(self, repository: str, commit: str) -> bytes | None:
        """Return what the newest build says that ran unit tests; None where no build ran any.

        Runs with the title of our template count alone where there are any, and else all.
        """
        builds = await self._builds.of(repository, commit)
        if not builds:
            await refuse_gone(self._azure_devops, repository, [commit])
        others: list[tuple[CommitBuild, list[Any]]] = []
        for build in builds:
            runs = await self._runs(build)
            if named := [run for run in runs if _title(run) == UNIT_TESTS]:
                return await self._report(build, named)
            others.append((build, runs))
        build_with_tests = next((found for found in others if found[1]), None)
        return await self._report(*build_with_tests) if build_with_tests else None

    async def _report(self, build: CommitBuild, runs: list[Any]) -> bytes | None:
        if any(str(run.state).lower() not in ENDED for run in runs):
            return None  # a run that was never ended may lack what failed
        return _junit([(run.name or "", await self._results(build, run.id)) for run in runs])

    async def _runs(self, build: CommitBuild) -> list[Any]:
        """What the gate itself has published there is no word of the pipeline's tests."""
        found = await self._azure_devops.ask(
            Right.TESTS,
            f"list the test runs of build {build.number}",
            lambda sdk: sdk.test.get_test_runs(
                build.project, build_uri=build.uri, include_run_details=True
            ),
        )
        return [run for run in found if not _title(run).startswith(OF_THE_GATE)]

    async def _results(self, build: CommitBuild, run: int) -> list[Any]:
        found: list[Any] = []
        while True:

            def call(sdk: Sdk, skip: int = len(found)) -> Any:
                return sdk.test.get_test_results(build.project, run, skip=skip, top=PAGE)

            page = await self._azure_devops.ask(
                Right.TESTS, f"read the results of test run {run}", call
            )
            found += page
            if len(page) < PAGE:
                return found
            if len(found) >= MOST:
                raise StepFailedError(TOO_MANY.format(build=build.number, most=MOST))


def _title(run: Any) -> str:
    return str(run.name or "").strip().casefold()


def _junit(runs: list[tuple[str, list[Any]]]) -> bytes:
    root = ET.Element("testsuites")
    for name, results in runs:
        suite = ET.SubElement(root, "testsuite", name=_text(name), tests=str(len(results)))
        for result in results:
            _add_case(suite, result)
        for count, tag in (("failures", "failure"), ("skipped", "skipped")):
            suite.set(count, str(len(suite.findall(f"testcase/{tag}"))))
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode").encode()


def _add_case(suite: ET.Element, result: Any) -> None:
    """An outcome that nobody knows is a failure: it must not pass for a test that passed."""
    module, _, name = (result.automated_test_name or "").rpartition(".")
    title = result.test_case_title or name
    case = ET.SubElement(suite, "testcase", classname=_text(module), name=_text(title))
    outcome = str(result.outcome or "").lower()
    if outcome == "passed":
        return
    message = _text(result.error_message or outcome or "it has no outcome")[:LONGEST]
    if outcome in NOT_RUN:
        ET.SubElement(case, "skipped", message=message)
        return
    ET.SubElement(case, "failure", message=message).text = _text(result.stack_trace or "")[:LONGEST]


def _text(text: str) -> str:
    return NOT_XML.sub("�", text)
