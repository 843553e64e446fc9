"""Repositories, refs and commits."""

import re
from typing import Any

from tests.peers.azure_devops import refusals, shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.bare_git import Commit, GitRefusedError
from tests.peers.azure_devops.repositories import HEADS, Repository
from tests.peers.azure_devops.routes import DEFAULT_TOP, Call, Location, Routes

REPOSITORIES = Location(
    "225f7195-f9c7-4d14-ab28-a83f7ff77e1f",
    "git",
    "repositories",
    "{project}/_apis/{area}/{resource}/{repositoryId}",
    is_across_projects=True,
)
REFS = Location(
    "2d874a60-a811-4f62-9c9f-963a6ea0a55b",
    "git",
    "refs",
    "{project}/_apis/{area}/repositories/{repositoryId}/{resource}",
    is_across_projects=True,
)
COMMITS = Location(
    "c2570c3b-5b3f-41b8-98bf-5407bfde8d58",
    "git",
    "commits",
    "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{commitId}",
    is_across_projects=True,
)
COMMITS_BATCH = Location(
    "6400dfb2-0bcb-462b-b992-5a57f8f1416c",
    "git",
    "commitsBatch",
    "{project}/_apis/{area}/repositories/{repositoryId}/{resource}",
    is_across_projects=True,
)
COMMIT_ID = re.compile(r"[0-9a-f]{40}")

Json = dict[str, Any]
routes = Routes()


@routes.on("GET", REPOSITORIES, right=None)
def repositories(call: Call) -> list[Json]:
    """Of a project or of the whole organisation; disabled ones are listed, unseen ones are not."""
    project = call.project
    places = call.world.repositories() if project is None else project.repositories
    return [
        shapes.repository_ref(repository, call.base)
        for repository in places
        if call.may(Right.CODE_READ, repository.id, repository.project.id)
    ]


@routes.on("GET", REPOSITORIES, "repositoryId", right=Right.CODE_READ)
def repository(call: Call) -> Json:
    return shapes.repository_ref(call.repository, call.base)


@routes.on("GET", REFS, right=Right.CODE_READ)
def refs(call: Call) -> list[Json]:
    prefix = f"refs/{call.text('filter')}"
    found = sorted(call.repository.git.refs().items())
    listed = [{"name": name, "objectId": to} for name, to in found if name.startswith(prefix)]
    creator = shapes.identity_ref(call.identity, call.base)
    return [{**ref, "creator": creator, "url": f"{call.base}/{ref['name']}"} for ref in listed]


@routes.on("GET", COMMITS, "commitId", right=Right.CODE_READ)
def commit(call: Call) -> Json:
    """One commit names its push without being asked."""
    found = existing_commit(call.repository, call.values["commitId"])
    return _shape(found, call.repository, call.base, is_whole=True)


@routes.on("GET", COMMITS, right=Right.CODE_READ)
def commits(call: Call) -> list[Json]:
    """``searchCriteria.ids`` is a list with commas; what the SDK writes there ("['sha']") finds nothing."""
    prefix = "searchCriteria."
    criteria = {name: call.text(prefix + name) for name in ("fromDate", "toDate", "itemPath")}
    version = call.text(f"{prefix}itemVersion.version")
    if push_id := call.number("pushId"):
        found = _of_push(call.repository, push_id)
    elif ids := call.text(f"{prefix}ids"):
        found = _by_ids(call.repository, ids.split(","))
    else:
        found = _history(call.repository, version, criteria)
    top, skip = (
        f"{prefix}{name}" if call.text(prefix + name) else name for name in ("$top", "$skip")
    )
    is_whole = call.flag(f"{prefix}includePushData")
    page = call.page(found, top, skip)
    return [_shape(commit, call.repository, call.base, is_whole=is_whole) for commit in page]


@routes.on("POST", COMMITS_BATCH, right=Right.CODE_READ, is_write=False)
def commits_batch(call: Call) -> list[Json]:
    """The way that works to ask for several commits by id."""
    criteria = call.body
    if ids := criteria.get("ids"):
        found = _by_ids(call.repository, ids)
    else:
        version = (criteria.get("itemVersion") or {}).get("version", "")
        found = _history(call.repository, version, criteria)
    start = int(criteria.get("$skip") or call.number("$skip"))
    page = found[start : start + int(criteria.get("$top") or call.number("$top", DEFAULT_TOP))]
    is_whole = bool(criteria.get("includePushData"))
    return [_shape(commit, call.repository, call.base, is_whole=is_whole) for commit in page]


def existing_commit(repository: Repository, commit: str) -> Commit:
    """Refused as Azure DevOps does where it is no whole id or is not there."""
    found = repository.read(commit.lower()) if COMMIT_ID.fullmatch(commit.lower()) else None
    if found is None:
        raise refusals.no_commit(commit)
    return found


def _shape(commit: Commit, repository: Repository, base: str, *, is_whole: bool) -> Json:
    shape = shapes.commit_ref(commit, repository, base)
    if not is_whole:
        return shape
    push = repository.push_of(commit.id)
    named = {} if push is None else {"push": shapes.push_ref(push, base)}
    return {"treeId": commit.tree, "parents": list(commit.parents), **shape, **named}


def _by_ids(repository: Repository, ids: list[str]) -> list[Commit]:
    found = [repository.read(commit) for commit in ids if COMMIT_ID.fullmatch(commit)]
    return [commit for commit in found if commit is not None]


def _of_push(repository: Repository, push_id: int) -> list[Commit]:
    for push in repository.pushes:
        if push.push_id == push_id:
            return _by_ids(repository, list(push.commits))
    raise refusals.no_push(push_id)


def _history(repository: Repository, version: str, criteria: Json) -> list[Commit]:
    """From a branch or commit backwards; dates are those of the committer."""
    start = version or repository.default_branch
    start = start if COMMIT_ID.fullmatch(start) else HEADS + start
    dates = {"fromDate": "--since", "toDate": "--until"}
    limits = [f"{flag}={criteria[name]}" for name, flag in dates.items() if criteria.get(name)]
    path = str(criteria.get("itemPath") or "").lstrip("/")
    try:
        ids = repository.git.rev_list(*limits, start, "--", *([path] if path else []))
    except GitRefusedError:
        raise refusals.no_commit(start) from None
    return _by_ids(repository, ids)
