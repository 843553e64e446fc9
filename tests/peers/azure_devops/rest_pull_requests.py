"""Pull requests: found, opened, changed and ended; their commits, iterations and changes."""

from typing import Any

from tests.peers.azure_devops import refusals, shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.pull_requests import PullRequest
from tests.peers.azure_devops.refusals import RefusedError
from tests.peers.azure_devops.repositories import HEADS
from tests.peers.azure_devops.routes import Call, Location, Routes

IN_REPOSITORY = "{project}/_apis/{area}/repositories/{repositoryId}/"
IN_PULL_REQUEST = IN_REPOSITORY + "pullRequests/{pullRequestId}/"
PULL_REQUESTS = Location(
    "9946fd70-0d40-406e-b686-b4744cbbcc37",
    "git",
    "pullRequests",
    IN_REPOSITORY + "{resource}/{pullRequestId}",
    is_across_projects=True,
)
OF_PROJECT = Location(
    "a5d28130-9cd2-40fa-9f08-902e7daa9efb",
    "git",
    "pullRequests",
    "{project}/_apis/{area}/{resource}",
)
BY_ID = Location(
    "01a46dea-7d46-4d40-bc84-319e7c260d99",
    "git",
    "pullRequests",
    "{project}/_apis/{area}/{resource}/{pullRequestId}",
    is_across_projects=True,
)
QUERY = Location(
    "b3a6eebe-9cf0-49ea-b6cb-1a4c5f5007b0",
    "git",
    "pullRequestQuery",
    IN_REPOSITORY + "{resource}",
    is_across_projects=True,
)
COMMITS = Location(
    "52823034-34a8-4576-922c-8d8b77e9e4c4",
    "git",
    "pullRequestCommits",
    IN_PULL_REQUEST + "commits",
    is_across_projects=True,
)
ITERATIONS = Location(
    "d43911ee-6958-46b0-a42b-8445b8a0d004",
    "git",
    "pullRequestIterations",
    IN_PULL_REQUEST + "iterations/{iterationId}",
    2,
    is_across_projects=True,
)
CHANGES = Location(
    "4216bdcf-b6b1-4d59-8b82-c34cc183fc8b",
    "git",
    "pullRequestIterationChanges",
    IN_PULL_REQUEST + "iterations/{iterationId}/changes",
    is_across_projects=True,
)
PREFIX = "searchCriteria."
CHANGE_TYPES = {"A": "add", "M": "edit", "D": "delete", "T": "edit", "R": "rename"}
EDITABLE = {"title": "title", "description": "description", "isDraft": "is_draft"}

Json = dict[str, Any]
routes = Routes()


@routes.on("GET", PULL_REQUESTS, right=Right.CODE_READ)
def of_repository(call: Call) -> list[Json]:
    return _listed(list(call.repository.pull_requests), call)


@routes.on("GET", OF_PROJECT, right=Right.PROJECT_READ)
def of_project(call: Call) -> list[Json]:
    assert call.project is not None
    seen = [
        repository
        for repository in call.project.repositories
        if call.may(Right.CODE_READ, repository.id, call.project.id) and not repository.is_disabled
    ]
    return _listed([one for repository in seen for one in repository.pull_requests], call)


@routes.on("GET", PULL_REQUESTS, "pullRequestId", right=Right.CODE_READ)
def one(call: Call) -> Json:
    shape = shapes.pull_request_shape(call.pull_request, call.base)
    return (
        shape | {"commits": _commits(call.pull_request, call)}
        if call.flag("includeCommits")
        else shape
    )


@routes.on("GET", BY_ID, "pullRequestId", right=None)
def by_id(call: Call) -> Json:
    found = call.pull_request
    places = (found.repository.id, found.repository.project.id)
    if found.repository.is_disabled or not call.may(Right.CODE_READ, *places):
        raise refusals.no_pull_request(found.number)
    return shapes.pull_request_shape(found, call.base)


@routes.on("POST", PULL_REQUESTS, right=Right.PULL_REQUESTS)
def create(call: Call) -> Any:
    body = call.body
    source, target = (_branch(body.get(name)) for name in ("sourceRefName", "targetRefName"))
    made = call.repository.pull_requests.create(
        source,
        by=call.identity,
        into=target,
        title=body.get("title") or source,
        description=body.get("description") or "",
        is_draft=bool(body.get("isDraft")),
    )
    return shapes.pull_request_shape(made, call.base)


@routes.on("PATCH", PULL_REQUESTS, "pullRequestId", right=Right.PULL_REQUESTS)
def update(call: Call) -> Json:
    """End it, open it again, or change its words; to complete needs the source commit that was seen."""
    found, body = call.pull_request, call.body
    edits = {name: body[key] for key, name in EDITABLE.items() if key in body}
    if edits:
        found.edit(by=call.identity, **edits)
    if "status" in body:
        _end(found, body, call)
    return shapes.pull_request_shape(found, call.base)


@routes.on("POST", QUERY, right=Right.CODE_READ, is_write=False)
def query(call: Call) -> Json:
    """``lastMergeCommit``: those that made the merge commit; ``commit``: completed ones that brought it."""
    everything = list(call.repository.pull_requests)
    results = [_found(everything, asked, call.base) for asked in call.body["queries"]]
    return {"queries": call.body["queries"], "results": results}


@routes.on("GET", COMMITS, right=Right.CODE_READ)
def commits(call: Call) -> list[Json]:
    return call.page(_commits(call.pull_request, call))


@routes.on("GET", ITERATIONS, right=Right.CODE_READ)
def iterations(call: Call) -> list[Json]:
    found = call.pull_request
    return [shapes.iteration_shape(iteration, found, call.base) for iteration in found.iterations]


@routes.on("GET", ITERATIONS, "iterationId", right=Right.CODE_READ)
def iteration(call: Call) -> Json:
    return shapes.iteration_shape(_iteration(call), call.pull_request, call.base)


@routes.on("GET", CHANGES, "iterationId", right=Right.CODE_READ)
def changes(call: Call) -> Json:
    """The item is beside the fields that the SDK's model has: there it is in ``additional_properties``."""
    iteration = _iteration(call)
    compared = call.number("$compareTo")
    base = call.pull_request.iterations[compared - 1].source if compared else iteration.common
    raw = call.repository.git.run("diff-tree", "-r", "-M", "-z", "--raw", base, iteration.source)
    entries = [
        {"changeTrackingId": number, "changeId": number, **entry}
        for number, entry in enumerate(_entries(raw), start=1)
    ]
    start, top = call.number("$skip"), call.number("$top", 2000)
    rest = start + top if start + top < len(entries) else 0
    page = entries[start : start + top]
    return {"changeEntries": page, "nextSkip": rest, "nextTop": top if rest else 0}


def _iteration(call: Call) -> Any:
    number = int(call.values["iterationId"])
    for found in call.pull_request.iterations:
        if found.id == number:
            return found
    raise RefusedError(
        404, "GitPullRequestIterationNotFoundException", f"The iteration {number} was not found."
    )


def _entries(raw: str) -> list[Json]:
    """``:mode mode old new status`` NUL path NUL; a rename has two paths, the old one first."""
    fields = iter(raw.split("\0"))
    entries = []
    for field in fields:
        if not field:
            continue
        _, _, old, new, status = field.split(" ")
        path = next(fields)
        item = {"objectId": new, "originalObjectId": old, "path": f"/{path}"}
        entry: Json = {"item": item, "changeType": CHANGE_TYPES[status[0]]}
        if status[0] == "R":
            entry = {
                **entry,
                "originalPath": f"/{path}",
                "item": item | {"path": f"/{next(fields)}"},
            }
        entries.append(entry)
    return entries


def _listed(found: list[PullRequest], call: Call) -> list[Json]:
    wanted = [pull_request for pull_request in found if _is_wanted(pull_request, call)]
    wanted.sort(key=lambda pull_request: pull_request.number, reverse=True)
    return [
        shapes.pull_request_shape(pull_request, call.base) for pull_request in call.page(wanted)
    ]


def _is_wanted(found: PullRequest, call: Call) -> bool:
    status = call.text(f"{PREFIX}status", "active").lower()
    source, target = call.text(f"{PREFIX}sourceRefName"), call.text(f"{PREFIX}targetRefName")
    creator = call.text(f"{PREFIX}creatorId")
    return (
        status in ("all", "notset", found.status)
        and (not source or source == HEADS + found.source)
        and (not target or target == HEADS + found.target)
        and (not creator or creator == found.created_by.id)
        and _is_in_time(found, call)
    )


def _is_in_time(found: PullRequest, call: Call) -> bool:
    """By the date of creation, or of closing where that is asked for."""
    is_closed = call.text(f"{PREFIX}queryTimeRangeType", "created").lower() == "closed"
    date = found.closed if is_closed else found.created
    since, until = call.date(f"{PREFIX}minTime"), call.date(f"{PREFIX}maxTime")
    if not since and not until:
        return True
    return date is not None and (not since or date >= since) and (not until or date <= until)


def _commits(found: PullRequest, call: Call) -> list[Json]:
    read = [found.repository.read(commit) for commit in found.commits()]
    return [shapes.commit_ref(commit, found.repository, call.base) for commit in read if commit]


def _found(everything: list[PullRequest], asked: Json, base: str) -> Json:
    results: dict[str, list[Json]] = {}
    for commit in asked["items"]:
        for found in everything:
            if _has(found, commit, asked["type"].lower()):
                results.setdefault(commit, []).append(shapes.pull_request_shape(found, base))
    return results


def _has(found: PullRequest, commit: str, kind: str) -> bool:
    if kind == "lastmergecommit":
        return found.merge_commit == commit
    return found.status == "completed" and commit in found.commits()


def _branch(ref: str | None) -> str:
    if not ref or not ref.startswith(HEADS):
        raise refusals.invalid("TF401394: A pull request needs refs/heads/ names of both branches.")
    return ref.removeprefix(HEADS)


def _end(found: PullRequest, body: Json, call: Call) -> None:
    status = body["status"].lower()
    if status == "abandoned":
        found.abandon(by=call.identity)
    elif status == "active":
        found.reactivate(by=call.identity)
    elif status == "completed":
        seen = (body.get("lastMergeSourceCommit") or {}).get("commitId")
        if seen != found.last.source:
            raise RefusedError(
                409,
                "GitPullRequestStaleException",
                "TF401192: The source branch has been modified since.",
            )
        options = body.get("completionOptions") or {}
        strategy = options.get("mergeStrategy") or "noFastForward"
        delete = bool(options.get("deleteSourceBranch"))
        found.complete(by=call.identity, strategy=strategy, delete_source=delete)
    else:
        raise refusals.invalid(f"TF400898: {status} is no status of a pull request.")
