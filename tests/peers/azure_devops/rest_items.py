"""Files of a commit, one by its path: the bytes themselves, or what is known of them."""

from typing import Any

from aiohttp import web

from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.bare_git import GitRefusedError
from tests.peers.azure_devops.refusals import RefusedError
from tests.peers.azure_devops.rest_code import existing_commit
from tests.peers.azure_devops.rest_pull_requests import IN_REPOSITORY
from tests.peers.azure_devops.routes import Call, Location, Routes

ITEMS = Location(
    "fb93c0db-47ed-4a31-8c20-47552878fb44",
    "git",
    "items",
    IN_REPOSITORY + "{resource}/{*path}",
    is_across_projects=True,
)
VERSION = "versionDescriptor."
routes = Routes()


@routes.on("GET", ITEMS, right=Right.CODE_READ)
def item(call: Call) -> Any:
    """The path may begin with a slash; the version is a commit, or else the default branch."""
    repository, path = call.repository, call.text("path").lstrip("/")
    kind = call.text(f"{VERSION}versionType", "branch").lower()
    version = call.text(f"{VERSION}version")
    if kind == "commit":
        version = existing_commit(repository, version).id
    name = f"{version or repository.default_branch}:{path}"
    try:
        found = repository.git.run("cat-file", "blob", name).encode()
    except GitRefusedError:
        raise _no_item(path) from None
    if "octet-stream" in call.request.headers.get("Accept", ""):
        return web.Response(body=found, content_type="application/octet-stream")
    object_id = repository.git.run("rev-parse", name).strip()
    shape = {"objectId": object_id, "gitObjectType": "blob", "path": f"/{path}"}
    return shape | ({"content": found.decode()} if call.flag("includeContent") else {})


def _no_item(path: str) -> RefusedError:
    return RefusedError(
        404, "GitItemNotFoundException",
        f"TF401174: The item '{path}' could not be found in the repository at the version.",
    )  # fmt: skip
