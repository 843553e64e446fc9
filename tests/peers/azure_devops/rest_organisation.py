"""Where everything is, who asks, and which projects there are."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import azure.devops

from tests.peers.azure_devops import shapes
from tests.peers.azure_devops.access import Right
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.routes import Call, Location, Routes, find_project
from tests.peers.azure_devops.world import ACCOUNT_ID, COLLECTION_ID

AREAS = Location(
    "e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}"
)
CONNECTION = Location(
    "00d9565f-ed9c-4a06-9a50-00e7896ccab4",
    "Location",
    "ConnectionData",
    "_apis/{resource}",
    released="0.0",
)
PROJECTS = Location(
    "603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4
)
AREA = re.compile(r"resource_area_identifier = '([^']+)'")
COLLECTION_PATH = "/tfs/Default Collection"

routes = Routes()


@routes.on("GET", AREAS, right=None)
def resource_areas(call: Call) -> list[dict[str, str]]:
    """Nothing on premises; in the cloud every area, which here is at one and the same address."""
    if call.base.lower().endswith(COLLECTION_PATH.lower()):
        return []
    return [
        {"id": area, "name": area, "locationUrl": f"{call.base}/"} for area in _areas_of_the_sdk()
    ]


@routes.on("GET", CONNECTION, right=None)
def connection_data(call: Call) -> dict[str, Any]:
    who = _who(call.identity)
    return {
        "authenticatedUser": who,
        "authorizedUser": who,
        "instanceId": ACCOUNT_ID,
        "deploymentId": COLLECTION_ID,
        "deploymentType": "hosted",
        "locationServiceData": {
            "serviceOwner": COLLECTION_ID,
            "defaultAccessMappingMoniker": "Public",
        },
    }


@routes.on("GET", PROJECTS, right=None)
def projects(call: Call) -> list[dict[str, Any]]:
    """Those that may be seen; the others are not mentioned."""
    seen = [project for project in call.world.projects if call.may(Right.PROJECT_READ, project.id)]
    return [shapes.project_ref(project, call.base) for project in call.page(seen)]


@routes.on("GET", PROJECTS, "projectId", right=None)
def project(call: Call) -> dict[str, Any]:
    found = find_project(call.world, call.values["projectId"])
    call.world.access.require(call.credential, Right.PROJECT_READ, found.id)
    return shapes.project_ref(found, call.base)


def _who(identity: Identity) -> dict[str, Any]:
    account = {"$type": "System.String", "$value": identity.unique_name}
    return {
        "id": identity.id,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{identity.unique_name}",
        "subjectDescriptor": identity.descriptor,
        "providerDisplayName": identity.display_name,
        "isActive": True,
        "properties": {"Account": account},
        "resourceVersion": 2,
        "metaTypeId": 0,
    }


@cache
def _areas_of_the_sdk() -> list[str]:
    """A list that lacks an area sends the SDK to a fixed host of Microsoft's: so this has them all."""
    clients = Path(azure.devops.__file__).parent.glob("v7_1/*/*_client*.py")
    return sorted(
        {found for client in clients for found in AREA.findall(client.read_text("utf-8"))}
    )
