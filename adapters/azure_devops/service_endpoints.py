"""The service connections of a project in Azure DevOps, whose API calls them endpoints.

Those that Sluss may not see are left out, and nothing says so; of those that it may see and not
use, Azure DevOps may hide who they sign in as.
https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.fresh import Fresh
from adapters.azure_devops.library import ProjectPlace, Projects, shown
from adapters.azure_devops.rights import Right
from core.gate.endpoints import Endpoints, ServiceEndpoint

TO_AZURE: Final = "azurerm"
PRINCIPAL: Final = "serviceprincipalid"
TENANT: Final = "tenantid"
SCOPE: Final = "Service Connections: Read"
CONNECTIONS: Final = "_settings/adminservices"

WHAT: Final = "read the service connections of {project}"
NONE_SHOWN: Final = (
    "Azure DevOps shows Sluss no service connection of the project {project}: either there is "
    "none, or the right is missing ({right}). Give it, or make one: {page}"
)


class AzureServiceEndpoints:
    """Implements ``core.ports.ServiceEndpoints``."""

    def __init__(
        self,
        azure: AzureDevOps,
        projects: Projects,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._azure = azure
        self._projects = projects
        self._lists = Fresh(self._list, clock)

    async def endpoints(self, repository: str, since: datetime) -> Endpoints:
        return await self._lists.get(await self._projects.of(repository, since), since)

    async def _list(self, project: ProjectPlace) -> Endpoints:
        """Ask for those that failed as well: without that they are left out, and look missing."""
        what, page = WHAT.format(project=project.name), project.page(CONNECTIONS)
        asked = self._azure.ask(
            Right.ENDPOINTS,
            what,
            lambda sdk: list(
                sdk.service_endpoint.get_service_endpoints(project.id, include_failed=True)
            ),
        )
        found = await shown(self._azure, project, SCOPE, what, asked)
        if not found:
            found = NONE_SHOWN.format(project=project.name, right=Right.ENDPOINTS, page=page)
        if isinstance(found, str):
            return Endpoints(project=project.name, page=page, unread=found)
        ours = tuple(_endpoint(each) for each in found if _signs_in(each))
        return Endpoints(project=project.name, page=page, found=ours)


def _signs_in(endpoint: Any) -> bool:
    """Whether it signs in to Azure, or as a principal anywhere."""
    return str(endpoint.type).casefold() == TO_AZURE or PRINCIPAL in _parameters(endpoint)


def _endpoint(endpoint: Any) -> ServiceEndpoint:
    parameters = _parameters(endpoint)
    status = endpoint.operation_status
    said = status.get("statusMessage") if isinstance(status, dict) else ""
    return ServiceEndpoint(
        name=str(endpoint.name),
        principal=parameters.get(PRINCIPAL) or "",
        tenant=parameters.get(TENANT) or "",
        scheme=str(getattr(endpoint.authorization, "scheme", "") or ""),
        is_ready=endpoint.is_ready is not False,
        # The SDK is older than this field.
        is_disabled=bool((endpoint.additional_properties or {}).get("isDisabled")),
        why=str(said or "").strip(),
    )


def _parameters(endpoint: Any) -> dict[str, str]:
    found = getattr(endpoint.authorization, "parameters", None) or {}
    return {name.casefold(): value for name, value in found.items()}
