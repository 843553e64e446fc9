"""The unit tests that a pipeline has published at a build of a commit, read as a report.

https://learn.microsoft.com/rest/api/azure/devops/test/runs
"""

import re
from collections.abc import Sized
from typing import Any, Final
from xml.etree import ElementTree as ET

from adapters.azure_devops.builds import Builds, CommitBuild
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.not_there import refuse_gone
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from adapters.azure_devops.test_runs import AT_ONCE, LONGEST
from core.errors import StepFailedError

# The title of pytest's own run in template_ci_unit_tests.yml, and how those of the gate begin,
# as do the runs that we publish ourselves (test_runs.py).
UNIT_TESTS: Final = "unit tests"
OF_THE_GATE: Final = ("sluss,", "sluss/")
MOST: Final = 20_000  # the check reads no more
RUNS: Final = 100  # of one call, as many as Azure DevOps gives
MOST_LISTED: Final = 1_000
MOST_RUNS: Final = 100  # that are read: anybody may publish one at a build, and each takes a call
ENDED: Final = frozenset({"completed", "needsinvestigation"})
NOT_RUN: Final = frozenset({"notexecuted", "notapplicable", "inconclusive", "warning"})
# XML 1.0 cannot hold these characters, not even as a reference.
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TOO_MANY: Final = (
    "Build {build} has more than {most:,} test results. They were not read, as a part of them may "
    "hide what failed; publish fewer, or the tests of the model alone."
)
TOO_MANY_RUNS: Final = (
    "Build {build} has more than {most} test runs. They were not read, as a part of them may hide "
    "what failed; publish all results of the unit tests as one run."
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
        _refuse_more(MOST_RUNS, runs, build)
        root, left = ET.Element("testsuites"), MOST
        for run in runs:
            suite = ET.SubElement(root, "testsuite", name=_text(run.name or ""))
            left -= await self._fill(suite, build, run.id, left)
        return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode").encode()

    async def _runs(self, build: CommitBuild) -> list[Any]:
        """What the gate itself has published there is no word of the pipeline's tests.

        Nor is a run of another build, should the host list more than it was asked for.
        """
        found: list[Any] = []
        while len(found) % RUNS == 0:

            def call(sdk: Sdk, skip: int = len(found)) -> Any:
                return sdk.test.get_test_runs(
                    *(build.project, build.uri),
                    include_run_details=True,
                    skip=skip,
                    top=RUNS,
                )

            what = f"list the test runs of build {build.number}"
            page = await self._azure_devops.ask(Right.TESTS, what, call)
            if not page:
                break
            found += page
            _refuse_more(MOST_LISTED, found, build)
        ours = (run for run in found if _is_of(build, run))
        return [run for run in ours if not _title(run).startswith(OF_THE_GATE)]

    async def _fill(self, suite: ET.Element, build: CommitBuild, run: int, most: int) -> int:
        """Add the results page by page, as what they say may be long; return how many they are."""
        while True:

            def call(sdk: Sdk, skip: int = len(suite)) -> Any:
                return sdk.test.get_test_results(build.project, run, skip=skip, top=AT_ONCE)

            page = await self._azure_devops.ask(
                Right.TESTS, f"read the results of test run {run}", call
            )
            for result in page:
                _add_case(suite, result)
            if len(suite) >= most:
                raise StepFailedError(TOO_MANY.format(build=build.number, most=MOST))
            if len(page) < AT_ONCE:
                break
        for name, tag in (("failures", "failure"), ("skipped", "skipped")):
            suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
        suite.set("tests", str(len(suite)))
        return len(suite)


def _refuse_more(most: int, runs: Sized, build: CommitBuild) -> None:
    if len(runs) > most:
        raise StepFailedError(TOO_MANY_RUNS.format(build=build.number, most=most))


def _is_of(build: CommitBuild, run: Any) -> bool:
    told = getattr(run.build, "id", None)
    return told is None or str(told) == str(build.number)


def _title(run: Any) -> str:
    return str(run.name or "").strip().casefold()


def _add_case(suite: ET.Element, result: Any) -> None:
    """An outcome that nobody knows is a failure: it must not pass for a test that passed."""
    module, _, name = (result.automated_test_name or "").rpartition(".")
    title = result.test_case_title or name
    case = ET.SubElement(suite, "testcase", classname=_text(module), name=_text(title)[:LONGEST])
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
