"""Variable groups and service endpoints, as those see them who may: the others are left out."""

from typing import Any

from aiohttp import web

from tests.peers.azure_devops import refusals, shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.library import (
    FAILED,
    READY,
    VAULT,
    SecretVariable,
    ServiceEndpoint,
    VariableGroup,
    library,
)
from tests.peers.azure_devops.routes import Call, Location, Routes, find_project
from tests.peers.azure_devops.world import Project

GROUPS = Location(
    "f5b09dd5-9d54-45a1-8b5a-1c8287d634cc",
    "distributedtask",
    "variablegroups",
    "{project}/_apis/{area}/{resource}/{groupId}",
    2,
)
SHARING = Location(
    "ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7",
    "distributedtask",
    "variablegroups",
    "_apis/{area}/{resource}/{groupId}",
    2,
)
ENDPOINTS = Location(
    "e85f1c62-adfc-4b74-b618-11a150fb195e",
    "serviceendpoint",
    "endpoints",
    "{project}/_apis/{area}/{resource}/{endpointId}",
    4,
)
CONTINUE = "x-ms-continuationtoken"

Json = dict[str, Any]
routes = Routes()


@routes.on("GET", GROUPS, right=None)
def groups(call: Call) -> web.Response:
    """The newest first. A group that may not be seen is left out, and nothing says so."""
    project = _project(call, Right.VARIABLE_GROUPS_READ)
    wanted = call.text("groupName").casefold()
    seen = [
        group
        for group in reversed(library(call.world).groups)
        if project.id in group.names
        and call.may(Right.VARIABLE_GROUPS_READ, group.place, project.id)
        and (not wanted or group.names[project.id].casefold() == wanted)
    ]
    after, top = call.number("continuationToken"), call.number("$top")
    left = [group for group in seen if not after or group.id <= after]
    page = left[:top] if top else left
    headers = {CONTINUE: str(left[len(page)].id)} if len(page) < len(left) else {}
    value = [_group(group, project, call) for group in page]
    return web.json_response({"count": len(value), "value": value}, headers=headers)


@routes.on("PATCH", SHARING, right=Right.VARIABLE_GROUPS_READ)
def share(call: Call) -> None:
    """Share a group with the projects that the body names; those of before stay only if named."""
    wanted = call.number("variableGroupId")
    group = next((each for each in library(call.world).groups if each.id == wanted), None)
    if group is None:
        raise refusals.invalid(f"Variable group with ID {wanted} does not exist.")
    for reference in call.body:
        project = find_project(call.world, reference["projectReference"]["id"])
        group.share(project, reference["name"])


@routes.on("GET", ENDPOINTS, right=None)
def endpoints(call: Call) -> list[Json]:
    """Those that failed come only if they are asked for."""
    project = _project(call, Right.ENDPOINTS_READ)
    kind, with_failed = call.text("type").casefold(), call.flag("includeFailed")
    return [
        _endpoint(each, project, call)
        for each in library(call.world).endpoints
        if project.id in each.names
        and call.may(Right.ENDPOINTS_READ, each.place, project.id)
        and (not kind or each.kind.casefold() == kind)
        and (with_failed or each.state != FAILED)
    ]


def _project(call: Call, right: Right) -> Project:
    """A token that lacks the scope is refused; a role that is missing only hides things."""
    project = find_project(call.world, call.values["project"])
    call.world.access.require(call.credential, Right.PROJECT_READ, project.id)
    scopes = call.credential.scopes
    if scopes is not None and right not in scopes:
        raise refusals.not_in_scope(call.identity.unique_name)
    return project


def _group(group: VariableGroup, project: Project, call: Call) -> Json:
    is_vault = group.kind == VAULT
    return {
        "variables": {
            name: _vault_value() if is_vault else _value(value)
            for name, value in group.variables.items()
        },
        "id": group.id,
        "type": group.kind,
        "name": group.names[project.id],
        "description": None,
        "createdBy": shapes.identity_ref(call.identity, call.base),
        "createdOn": "2026-11-02T08:00:00.123Z",
        "isShared": len(group.names) > 1,
        "variableGroupProjectReferences": [
            {"projectReference": {"id": each, "name": ""}, "name": name}
            for each, name in group.names.items()
        ],
    }


def _value(value: str) -> Json:
    return (
        {"value": None, "isSecret": True} if isinstance(value, SecretVariable) else {"value": value}
    )


def _vault_value() -> Json:
    return {
        "enabled": True,
        "contentType": "",
        "expires": None,
        "isSecret": True,
        "value": None,
    }


def _endpoint(endpoint: ServiceEndpoint, project: Project, call: Call) -> Json:
    return {
        "data": {"environment": "AzureCloud", "scopeLevel": "Subscription"},
        "id": endpoint.id,
        "name": endpoint.names[project.id],
        "type": endpoint.kind,
        "url": "https://management.azure.com/",
        "createdBy": shapes.identity_ref(call.identity, call.base),
        "description": "",
        "authorization": {
            "parameters": None if endpoint.is_hidden else endpoint.parameters,
            "scheme": endpoint.scheme,
        },
        "isShared": len(endpoint.names) > 1,
        "isReady": endpoint.state == READY,
        "isDisabled": endpoint.is_disabled,
        "operationStatus": {"state": endpoint.state, "statusMessage": endpoint.message},
        "owner": "Library",
        "serviceEndpointProjectReferences": [
            {"projectReference": {"id": each, "name": ""}, "name": name}
            for each, name in endpoint.names.items()
        ],
    }
