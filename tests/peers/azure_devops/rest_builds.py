"""Builds: the runs of pipelines as most clients ask for them, with timelines and artifacts."""

import io
import zipfile
from datetime import datetime

from aiohttp import web

from tests.peers.azure_devops import pipeline_shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.pipelines import Artifact, Run, pipelines_of, runs_of
from tests.peers.azure_devops.refusals import RefusedError, invalid
from tests.peers.azure_devops.routes import Call, Location, Routes
from tests.peers.azure_devops.shapes import Json

BUILDS = Location(
    "0cd358e1-9217-4d94-8269-1c1ee6f93dcf",
    "build",
    "Builds",
    "{project}/_apis/{area}/{resource}/{buildId}",
    7,
)
DEFINITIONS = Location(
    "dbeaf647-6167-421a-bda9-c9327b25e2e6",
    "build",
    "Definitions",
    "{project}/_apis/{area}/{resource}/{definitionId}",
    7,
)
ARTIFACTS = Location(
    "1db06c96-014e-44e1-ac91-90b2d4b3e984",
    "build",
    "artifacts",
    "{project}/_apis/{area}/builds/{buildId}/{resource}",
    5,
)
TIMELINE = Location(
    "8baac422-4c6e-4de5-8532-db96d92acffa",
    "build",
    "Timeline",
    "{project}/_apis/{area}/builds/{buildId}/{resource}/{timelineId}",
    2,
)
routes = Routes()


@routes.on("GET", BUILDS, right=Right.BUILD_READ)
def builds(call: Call) -> list[Json]:
    """The newest first, unless ``queryOrder`` says otherwise."""
    assert call.project is not None
    if call.text("repositoryId") and not call.text("repositoryType"):
        raise invalid(
            "Value cannot be null. Parameter name: repositoryType", "ArgumentNullException"
        )
    found = [
        run for run in runs_of(call.project) if _is_wanted(run, call) and _is_in_time(run, call)
    ]
    found.sort(key=lambda run: run.finished or run.created, reverse=not _is_ascending(call))
    return [pipeline_shapes.build_shape(run, call.base) for run in call.page(found)]


@routes.on("GET", BUILDS, "buildId", right=Right.BUILD_READ)
def build(call: Call) -> Json:
    return pipeline_shapes.build_shape(run_of(call), call.base)


@routes.on("GET", DEFINITIONS, right=Right.BUILD_READ)
def definitions(call: Call) -> list[Json]:
    assert call.project is not None
    name, repository = call.text("name"), call.text("repositoryId")
    return [
        pipeline_shapes.definition_ref(pipeline, call.base)
        for pipeline in pipelines_of(call.project)
        if (not name or pipeline.name.lower() == name.lower())
        and (not repository or pipeline.repository.id == repository.lower())
    ]


@routes.on("GET", ARTIFACTS, right=Right.BUILD_READ)
def artifacts(call: Call) -> list[Json] | Json | web.Response:
    """The list; with ``artifactName`` the one; with ``$format=zip`` its content."""
    run = run_of(call)
    name = call.text("artifactName")
    if not name:
        return [pipeline_shapes.artifact_shape(one, run, call.base) for one in run.artifacts]
    for artifact in run.artifacts:
        if artifact.name.lower() == name.lower():
            return _artifact(artifact, run, call)
    raise RefusedError(
        404, "ArtifactNotFoundException", f"Artifact {name} was not found for build {run.number}."
    )


@routes.on("GET", TIMELINE, right=Right.BUILD_READ)
def timeline(call: Call) -> Json:
    return pipeline_shapes.timeline_shape(run_of(call), call.base)


def run_of(call: Call) -> Run:
    """The run that ``buildId`` (or ``runId``) names in this project."""
    assert call.project is not None
    number = call.values.get("buildId") or call.values["runId"]
    for run in runs_of(call.project):
        if str(run.number) == number:
            return run
    raise RefusedError(
        404, "BuildNotFoundException", f"The requested build {number} could not be found."
    )


def _artifact(artifact: Artifact, run: Run, call: Call) -> Json | web.Response:
    wants_zip = "application/zip" in call.request.headers.get("Accept", "")
    if call.text("$format").lower() != "zip" and not wants_zip:
        return pipeline_shapes.artifact_shape(artifact, run, call.base)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in artifact.files.items():
            archive.writestr(f"{artifact.name}/{path}", content)
    return web.Response(body=packed.getvalue(), content_type="application/zip")


def _is_ascending(call: Call) -> bool:
    return call.text("queryOrder").lower().endswith("ascending")


def _is_wanted(run: Run, call: Call) -> bool:
    """``repositoryId`` needs ``repositoryType`` beside it, and there is no search for a commit."""
    definitions, repository = call.text("definitions"), call.text("repositoryId")
    branch, result = call.text("branchName"), call.text("resultFilter")
    status, ids = call.text("statusFilter"), call.text("buildIds")
    return (
        (not definitions or str(run.pipeline.number) in definitions.split(","))
        and (not ids or str(run.number) in ids.split(","))
        and (not repository or run.pipeline.repository.id == repository.lower())
        and (not branch or run.branch == branch)
        and (not result or result == run.result)
        and (status.lower() in ("", "all", run.state.lower()))
    )


def _is_in_time(run: Run, call: Call) -> bool:
    """By the time that ``queryOrder`` sorts by; finished ones where nothing is said."""
    since, until = call.date("minTime"), call.date("maxTime")
    by_start = call.text("queryOrder").lower().startswith(("queue", "start"))
    when: datetime | None = run.created if by_start else run.finished
    if since is None and until is None:
        return True
    return when is not None and (not since or when >= since) and (not until or when <= until)
