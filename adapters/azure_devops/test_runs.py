"""The unit tests of a commit, as we ran them, become a test run.

Each call may be cut off when it is done already: so a run is looked for by its name first, and goes
on where it stopped. https://learn.microsoft.com/rest/api/azure/devops/test/runs
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from azure.devops.v7_1.test.models import (  # type: ignore[import-untyped]
    RunCreateModel,
    RunUpdateModel,
    ShallowReference,
    TestAttachmentRequestModel,
    TestCaseResult,
)

from adapters.azure_devops.builds import Builds, CommitBuild
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.own_identity import OwnIdentity
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from core.platform import canonical_id
from core.ports import RanTest, TestOutcome, TestsOfCommit

MARKER: Final = "sluss/tests"  # what the names of our runs begin with
AT_ONCE: Final = 1_000  # results of one call, as many as Azure DevOps takes and gives
WINDOW: Final = timedelta(days=6), timedelta(days=1)  # together 7 days, as far as can be asked for
COMPLETED: Final = "Completed"
OUTCOMES: Final = {
    TestOutcome.PASSED: "Passed",
    TestOutcome.FAILED: "Failed",
    TestOutcome.SKIPPED: "NotExecuted",
}
LONGEST_NAME: Final = 256
LONGEST: Final = 4_000
LARGEST: Final = 4 << 20  # bytes of an attachment that is kept; the whole is our evidence
SAID: Final = "The unit tests of commit {commit}, as the gate of Sluss ran them.{coverage}"
COVERAGE: Final = " They cover {covered} of {statements} statements ({percent:.1f} %)."
VERSION: Final = "7.1-preview.1"


class TestRuns:
    __test__ = False

    def __init__(self, azure_devops: AzureDevOps, builds: Builds, identity: OwnIdentity) -> None:
        self._azure_devops = azure_devops
        self._builds = builds
        self._identity = identity

    async def publish(self, repository: str, commit: str, tests: TestsOfCommit) -> None:
        builds = await self._builds.of(repository, commit)
        build = builds[0] if builds else None
        project = (await self._builds.places.of(repository)).project
        name = f"{MARKER} {tests.name}"[:LONGEST_NAME]
        run = await self._find(project, name)
        if run is None:
            run = await self._create(project, name, build, _said(commit, tests))
        elif str(run.state) == COMPLETED:
            return
        await self._fill(project, run, tests)
        await self._attach(project, run.id, tests)
        if build is not None and tests.statements:
            await self._cover(project, build, tests)
        await self._end(project, run.id, _said(commit, tests))

    async def _find(self, project: str, name: str) -> Any | None:
        """Return our own run of this name, the oldest; somebody else's of that name is not ours."""
        before, after = WINDOW
        now, us = datetime.now(UTC), await self._identity.id()
        found = await self._azure_devops.ask(
            Right.TESTS,
            f"look for the test run {name}",
            lambda sdk: sdk.test.query_test_runs(
                project, now - before, now + after, run_title=name
            ),
        )
        mine = [run for run in found if run.name == name and _owner(run) == us]
        return min(mine, key=lambda run: int(run.id), default=None)

    async def _create(self, project: str, name: str, build: CommitBuild | None, said: str) -> Any:
        made = RunCreateModel(
            name=name,
            automated=True,
            state="InProgress",
            comment=said,
            build=ShallowReference(id=str(build.number)) if build else None,
        )
        return await self._azure_devops.ask(
            Right.TESTS,
            f"make the test run {name}",
            lambda sdk: sdk.test.create_test_run(made, project),
        )

    async def _fill(self, project: str, run: Any, tests: TestsOfCommit) -> None:
        """Add the results that the run has not yet; they are added in their order."""
        for start in range(run.total_tests or 0, len(tests.tests), AT_ONCE):
            some = [_result(test) for test in tests.tests[start : start + AT_ONCE]]

            def call(sdk: Sdk, some: list[Any] = some) -> Any:
                return sdk.test.add_test_results_to_test_run(some, project, run.id)

            what = f"add results to test run {run.id}"
            await self._azure_devops.ask(Right.TESTS, what, call)

    async def _attach(self, project: str, run: int, tests: TestsOfCommit) -> None:
        there = await self._azure_devops.ask(
            Right.TESTS,
            f"list what is attached to test run {run}",
            lambda sdk: sdk.test.get_test_run_attachments(project, run),
        )
        names = {each.file_name for each in there}
        for name, content in tests.files.items():
            if name in names or not content or len(content) > LARGEST:
                continue
            file = TestAttachmentRequestModel(
                attachment_type="GeneralAttachment",
                file_name=name,
                stream=base64.b64encode(content).decode(),
            )

            def call(sdk: Sdk, file: Any = file) -> Any:
                return sdk.test.create_test_run_attachment(file, project, run)

            await self._azure_devops.ask(Right.TESTS, f"attach {name} to test run {run}", call)

    async def _cover(self, project: str, build: CommitBuild, tests: TestsOfCommit) -> None:
        """The SDK has no call for it; the same summary twice is one."""
        counted = {
            "label": "Statements",
            "position": 1,
            "covered": tests.covered,
            "total": tests.statements,
        }
        await self._azure_devops.rest.write(
            "POST",
            Right.TESTS,
            f"show the coverage at build {build.number}",
            *(project, "_apis", "test", "codecoverage"),
            body={"buildFlavor": "", "buildPlatform": "", "coverageStats": [counted]},
            params={"buildId": str(build.number), "api-version": VERSION},
        )

    async def _end(self, project: str, run: int, said: str) -> None:
        ended = RunUpdateModel(state=COMPLETED, comment=said)
        await self._azure_devops.ask(
            Right.TESTS,
            f"end test run {run}",
            lambda sdk: sdk.test.update_test_run(ended, project, run),
        )


def _said(commit: str, tests: TestsOfCommit) -> str:
    covered = tests.covered, tests.statements
    coverage = (
        COVERAGE.format(
            covered=covered[0], statements=covered[1], percent=100 * covered[0] / covered[1]
        )
        if tests.statements
        else ""
    )
    return SAID.format(commit=commit, coverage=coverage)


def _result(test: RanTest) -> Any:
    title = test.name[:LONGEST_NAME] or "a test without a name"
    return TestCaseResult(
        test_case_title=title,
        automated_test_name=(f"{test.module}.{test.name}" if test.module else title)[:LONGEST_NAME],
        outcome=OUTCOMES[test.outcome],
        state=COMPLETED,
        error_message=test.message[:LONGEST] or None,
        stack_trace=test.trace[:LONGEST] or None,
    )


def _owner(run: Any) -> str:
    return canonical_id(str(run.owner.id)) if run.owner else ""
