"""Pushes: who brought what, when."""

from typing import Any

from tests.peers.azure_devops import refusals, shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.repositories import Push
from tests.peers.azure_devops.routes import Call, Location, Routes

PUSHES = Location(
    "ea98d07b-3c87-4971-8ede-a613694ffb55",
    "git",
    "pushes",
    "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pushId}",
    2,
    is_across_projects=True,
)
PREFIX = "searchCriteria."

Json = dict[str, Any]
routes = Routes()


@routes.on("GET", PUSHES, right=Right.CODE_READ)
def pushes(call: Call) -> list[Json]:
    """The newest first; ref updates only where they are asked for, commits never."""
    found = [push for push in reversed(call.repository.pushes) if _is_wanted(push, call)]
    page = call.page(found)
    if not call.flag(f"{PREFIX}includeRefUpdates"):
        return [shapes.push_shape(push, call.base) for push in page]
    return [shapes.push_shape(push, call.base) | _ref_updates(push) for push in page]


@routes.on("GET", PUSHES, "pushId", right=Right.CODE_READ)
def push(call: Call) -> Json:
    push_id = int(call.values["pushId"])
    for found in call.repository.pushes:
        if found.push_id == push_id:
            return _whole(found, call)
    raise refusals.no_push(push_id)


def _whole(push: Push, call: Call) -> Json:
    shape = shapes.push_shape(push, call.base)
    if call.flag("includeRefUpdates"):
        shape |= _ref_updates(push)
    if top := call.number("includeCommits"):
        shape["commits"] = shapes.commits_of(push, call.base, top)
    return shape


def _ref_updates(push: Push) -> Json:
    return {
        "refUpdates": [shapes.ref_update(update, push.repository) for update in push.ref_updates]
    }


def _is_wanted(push: Push, call: Call) -> bool:
    pusher, ref = call.text(f"{PREFIX}pusherId"), call.text(f"{PREFIX}refName")
    since, until = call.date(f"{PREFIX}fromDate"), call.date(f"{PREFIX}toDate")
    return (
        (not pusher or push.pushed_by.id == pusher)
        and (not ref or any(update.name == ref for update in push.ref_updates))
        and (not since or push.date >= since)
        and (not until or push.date <= until)
    )
