"""The statuses of commits and of pull requests: each new one is added, and the newest counts.

https://learn.microsoft.com/rest/api/azure/devops/git/statuses
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from tests.peers.azure_devops import shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.pull_requests import PullRequest
from tests.peers.azure_devops.refusals import invalid
from tests.peers.azure_devops.repositories import Repository
from tests.peers.azure_devops.rest_code import existing_commit
from tests.peers.azure_devops.rest_pull_requests import IN_PULL_REQUEST
from tests.peers.azure_devops.routes import Call, Location, Routes

OF_COMMIT = Location(
    "428dd4fb-fda5-4722-af02-9313b80305da",
    "git",
    "statuses",
    "{project}/_apis/{area}/repositories/{repositoryId}/commits/{commitId}/{resource}",
    is_across_projects=True,
)
OF_PULL_REQUEST = Location(
    "b5f6bb4f-8d1e-4d79-8d11-4c9172c99c35",
    "git",
    "pullRequestStatuses",
    IN_PULL_REQUEST + "statuses/{statusId}",
    is_across_projects=True,
)
STATES = (
    "notSet", "pending", "succeeded", "failed", "error", "notApplicable", "partiallySucceeded",
)  # fmt: skip
LONGEST_NAME = 128
Json = dict[str, Any]
routes = Routes()


@dataclass(frozen=True)
class Status:
    number: int
    state: str
    description: str
    url: str
    genre: str
    name: str
    by: Identity
    at: datetime
    iteration: int = 0


_of_commits: WeakKeyDictionary[Repository, defaultdict[str, list[Status]]] = WeakKeyDictionary()
_of_pull_requests: WeakKeyDictionary[PullRequest, list[Status]] = WeakKeyDictionary()


def statuses_of(repository: Repository, commit: str) -> list[Status]:
    return _of_commits.setdefault(repository, defaultdict(list))[commit]


def pull_request_statuses(pull_request: PullRequest) -> list[Status]:
    return _of_pull_requests.setdefault(pull_request, [])


@routes.on("GET", OF_COMMIT, right=Right.CODE_READ)
def of_commit(call: Call) -> list[Json]:
    """``latestOnly``: the newest of each context."""
    existing_commit(call.repository, call.values["commitId"])
    found = statuses_of(call.repository, call.values["commitId"])
    if call.flag("latestOnly"):
        found = list({(status.genre, status.name): status for status in found}.values())
    newest_first = sorted(found, key=lambda status: status.number, reverse=True)
    return [_shape(status, call.base) for status in call.page(newest_first, "top", "skip")]


@routes.on("POST", OF_COMMIT, right=Right.CODE_STATUS)
def say_of_commit(call: Call) -> Json:
    existing_commit(call.repository, call.values["commitId"])
    made = _made(call)
    statuses_of(call.repository, call.values["commitId"]).append(made)
    return _shape(made, call.base)


@routes.on("GET", OF_PULL_REQUEST, right=Right.CODE_READ)
def of_pull_request(call: Call) -> list[Json]:
    return [_shape(status, call.base) for status in pull_request_statuses(call.pull_request)]


@routes.on("POST", OF_PULL_REQUEST, right=Right.CODE_STATUS)
def say_of_pull_request(call: Call) -> Json:
    """One with an iteration is of that push alone."""
    iteration = int(call.body.get("iterationId") or 0)
    known = {each.id for each in call.pull_request.iterations}
    if iteration and iteration not in known:
        raise invalid(f"The iteration {iteration} is not one of the pull request.")
    made = _made(call, iteration)
    pull_request_statuses(call.pull_request).append(made)
    return _shape(made, call.base)


def _made(call: Call, iteration: int = 0) -> Status:
    body = call.body
    context = body.get("context") or {}
    if not context.get("name"):
        raise invalid("A status must have a context with a name.", "ArgumentException")
    if max(len(context["name"]), len(context.get("genre") or "")) > LONGEST_NAME:
        raise invalid("The context of a status is too long.")
    state = {known.lower(): known for known in STATES}.get(str(body.get("state")).lower())
    if state is None:
        raise invalid(f"The value '{body.get('state')}' is not valid for state.")
    url = body.get("targetUrl") or ""
    if url and not url.startswith(("http://", "https://")):
        raise invalid("targetUrl must be an absolute address.")
    return Status(
        call.world.next_id(), state, body.get("description") or "", url,
        context.get("genre") or "", context["name"], call.identity, call.world.now(), iteration,
    )  # fmt: skip


def _shape(status: Status, base: str) -> Json:
    shape = {
        "id": status.number,
        "state": status.state,
        "description": status.description,
        "context": {"name": status.name, "genre": status.genre},
        "creationDate": shapes.moment(status.at),
        "updatedDate": shapes.moment(status.at),
        "createdBy": shapes.identity_ref(status.by, base),
        "targetUrl": status.url or None,
    }
    return shape | {"iterationId": status.iteration} if status.iteration else shape
