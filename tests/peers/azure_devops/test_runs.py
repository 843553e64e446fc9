"""Test runs of a project: made, filled with results, given files, and ended; and coverage of builds.

https://learn.microsoft.com/rest/api/azure/devops/test/runs
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from tests.peers.azure_devops import shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.builds import Build, builds_of
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.refusals import RefusedError, invalid
from tests.peers.azure_devops.routes import Call, Location, Routes
from tests.peers.azure_devops.world import Project

__test__ = False
OF_RUN = "{project}/_apis/{area}/Runs/{runId}/"
RUNS = Location(
    "cadb3810-d47d-4a3c-a234-fe5f3be50138",
    "Test",
    "Runs",
    "{project}/_apis/{area}/{resource}/{runId}",
    3,
)
RESULTS = Location(
    "4637d869-3a76-4468-8057-0bb02aa385cf",
    "Test",
    "Results",
    OF_RUN + "{resource}/{testCaseResultId}",
    6,
)
ATTACHMENTS = Location(
    "4f004af4-a507-489c-9b13-cb62060beb11",
    "Test",
    "Attachments",
    OF_RUN + "{resource}/{attachmentId}",
)
COVERAGE = Location(
    "77560e8a-4e8c-4d59-894e-a5f264c24444",
    "Test",
    "CodeCoverage",
    "{project}/_apis/{area}/{resource}",
    released="0.0",
)
STATES = ("NotStarted", "InProgress", "Completed", "Waiting", "Aborted", "NeedsInvestigation")
OUTCOMES = (
    "Passed", "Failed", "Inconclusive", "Timeout", "Aborted", "Blocked", "NotExecuted", "Warning",
    "Error", "NotApplicable", "NotImpacted",
)  # fmt: skip
MOST_RESULTS = 1_000  # of one call
LONGEST_NAME = 256
LONGEST_WINDOW = timedelta(days=7)
Json = dict[str, Any]
routes = Routes()


@dataclass(eq=False)
class TestRun:
    __test__ = False

    number: int
    name: str
    owner: Identity
    updated: datetime
    state: str = "InProgress"
    comment: str = ""
    build: Build | None = None
    results: list[Json] = field(default_factory=list)
    files: dict[str, list[bytes]] = field(default_factory=dict)


_runs: WeakKeyDictionary[Project, list[TestRun]] = WeakKeyDictionary()
_coverage: WeakKeyDictionary[Build, Json] = WeakKeyDictionary()


def runs_of(project: Any) -> list[TestRun]:
    return _runs.setdefault(project, [])


def coverage_of(build: Build) -> Json:
    """What the summary of a build shows: how much of what is covered."""
    return _coverage.get(build, {})


def ran(build: Build, results: list[Json], *, by: Identity, **more: Any) -> TestRun:
    """A run that the build's own pipeline published."""
    project: Any = build.repository.project
    made = TestRun(
        project.world.next_id(), more.pop("name", "pytest"), by, project.world.now(),
        **{"state": "Completed", **more}, build=build, results=results,
    )  # fmt: skip
    runs_of(project).append(made)
    return made


@routes.on("GET", RUNS, right=Right.TEST_READ)
def runs(call: Call) -> list[Json]:
    """All of a build; with dates it is a query, which knows titles and bounds its window."""
    found = runs_of(call.project)
    if uri := call.text("buildUri"):
        found = [run for run in found if run.build is not None and run.build.uri == uri]
    if call.text("minLastUpdatedDate"):
        found = _queried(found, call)
    return [_shape(run, call.base) for run in call.page(found)]


@routes.on("POST", RUNS, right=Right.TEST_WRITE)
def create(call: Call) -> Json:
    body = call.body
    name = body.get("name") or ""
    if not name or len(name) > LONGEST_NAME:
        raise invalid("The name of a test run must have 1 to 256 characters.")
    made = TestRun(call.world.next_id(), name, call.identity, call.world.now())
    made.state, made.comment = _state(body.get("state", "NotStarted")), body.get("comment") or ""
    if number := (body.get("build") or {}).get("id"):
        made.build = _build(call, int(number))
    runs_of(call.project).append(made)
    return _shape(made, call.base)


@routes.on("PATCH", RUNS, "runId", right=Right.TEST_WRITE)
def update(call: Call) -> Json:
    found, body = _run(call), call.body
    if "state" in body:
        found.state = _state(body["state"])
    found.comment = body.get("comment", found.comment)
    found.updated = call.world.now()
    return _shape(found, call.base)


@routes.on("GET", RESULTS, right=Right.TEST_READ)
def results(call: Call) -> list[Json]:
    if call.number("$top", MOST_RESULTS) > MOST_RESULTS:
        raise invalid(f"At most {MOST_RESULTS} results are told at a time.")
    return call.page(_run(call).results)


@routes.on("POST", RESULTS, right=Right.TEST_WRITE)
def add_results(call: Call) -> list[Json]:
    found, given = _run(call), call.body
    if len(given) > MOST_RESULTS:
        raise invalid(f"At most {MOST_RESULTS} results are taken at a time.")
    if found.state == "Completed":
        raise invalid("Results cannot be added to a test run that is completed.")
    for each in given:
        if each.get("outcome") not in OUTCOMES or not each.get("testCaseTitle"):
            raise invalid("A result must have testCaseTitle and a known outcome.")
        if len(each["testCaseTitle"]) > LONGEST_NAME:
            raise invalid("testCaseTitle is too long.")
        found.results.append({"id": 100_000 + len(found.results), **each})
    return found.results[-len(given) :]


@routes.on("GET", ATTACHMENTS, right=Right.TEST_READ)
def attachments(call: Call) -> list[Json]:
    files = _run(call).files.items()
    return [{"id": number, "fileName": name} for number, (name, _) in enumerate(files, start=1)]


@routes.on("POST", ATTACHMENTS, right=Right.TEST_WRITE)
def attach(call: Call) -> Json:
    body = call.body
    content = base64.b64decode(body["stream"], validate=True)
    _run(call).files.setdefault(body["fileName"], []).append(content)
    return {"id": call.world.next_id(), "url": f"{call.base}/attachment"}


@routes.on("POST", COVERAGE, right=Right.TEST_WRITE)
def cover(call: Call) -> None:
    """The summary of a build: the same labels again take the place of those before."""
    shown = {each["label"]: each for each in call.body["coverageStats"]}
    for each in shown.values():
        if not 0 <= each["covered"] <= each["total"]:
            raise invalid("covered must not be more than total.")
    _coverage.setdefault(_build(call, call.number("buildId")), {}).update(shown)


def _queried(found: list[TestRun], call: Call) -> list[TestRun]:
    since, until = (
        datetime.fromisoformat(call.text(f"{end}LastUpdatedDate")) for end in ("min", "max")
    )
    if until - since > LONGEST_WINDOW:
        raise invalid("The difference between the dates can be at most 7 days.")
    title = call.text("runTitle")
    return [
        run for run in found if since <= run.updated <= until and (not title or run.name == title)
    ]


def _run(call: Call) -> TestRun:
    number = int(call.values["runId"])
    for found in runs_of(call.project):
        if found.number == number:
            return found
    raise RefusedError(404, "TestObjectNotFoundException", f"Test run {number} not found.")


def _build(call: Call, number: int) -> Build:
    for found in builds_of(call.project):
        if found.number == number:
            return found
    raise RefusedError(404, "BuildNotFoundException", f"The build {number} does not exist.")


def _state(value: str) -> str:
    for known in STATES:
        if value.lower() == known.lower():
            return known
    raise invalid(f"The value '{value}' is not valid for state.")


def _shape(run: TestRun, base: str) -> Json:
    return {
        "id": run.number,
        "name": run.name,
        "state": run.state,
        "comment": run.comment,
        "isAutomated": True,
        "totalTests": len(run.results),
        "owner": shapes.identity_ref(run.owner, base),
        "lastUpdatedDate": shapes.moment(run.updated),
        "build": run.build and {"id": str(run.build.number)},
    }
