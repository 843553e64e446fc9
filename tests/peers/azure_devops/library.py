"""What a project's Library and its service connections hold: variable groups and endpoints."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4
from weakref import WeakKeyDictionary

from tests.peers.azure_devops.world import Project, World

VAULT = "AzureKeyVault"
FEDERATION = "WorkloadIdentityFederation"
READY = "Ready"
FAILED = "Failed"
_ids = itertools.count(1)
_libraries: "WeakKeyDictionary[World, Library]" = WeakKeyDictionary()


class SecretVariable(str):
    """The value of a secret variable, which is written and never shown again."""

    __slots__ = ()


@dataclass(eq=False)
class VariableGroup:
    """A group; ``names`` has the name of it in each project that sees it, by the project's id."""

    name: str
    variables: dict[str, str]
    kind: str = "Vsts"
    id: int = field(default_factory=lambda: next(_ids))
    names: dict[str, str] = field(default_factory=dict)

    def share(self, project: Project, name: str = "") -> None:
        """As ``PATCH variablegroups?variableGroupId=``: a page for it there is not."""
        self.names[project.id] = name or self.name

    @property
    def place(self) -> str:
        """Where its roles are given."""
        return f"variablegroup/{self.id}"


@dataclass(eq=False)
class ServiceEndpoint:
    """A service connection. Its parameters are hidden from whoever may see it and not use it."""

    name: str
    parameters: dict[str, str]
    scheme: str = FEDERATION
    kind: str = "azurerm"
    state: str = READY
    message: str = ""
    is_disabled: bool = False
    is_hidden: bool = False
    id: str = field(default_factory=lambda: str(uuid4()))
    names: dict[str, str] = field(default_factory=dict)

    def share(self, project: Project) -> None:
        self.names[project.id] = self.name

    @property
    def place(self) -> str:
        return f"endpoint/{self.id}"


class Library:
    """All groups and connections of an organisation; each is in the projects that it names."""

    def __init__(self) -> None:
        self.groups: list[VariableGroup] = []
        self.endpoints: list[ServiceEndpoint] = []

    def group(self, project: Project, name: str, variables: Mapping[str, str]) -> VariableGroup:
        made = VariableGroup(name, dict(variables))
        return self._kept(made, project)

    def vault(self, project: Project, name: str, *secrets: str) -> VariableGroup:
        """A group that names secrets of a key vault."""
        made = VariableGroup(name, {each: SecretVariable() for each in secrets}, VAULT)
        return self._kept(made, project)

    def endpoint(self, project: Project, made: ServiceEndpoint) -> ServiceEndpoint:
        made.share(project)
        self.endpoints.append(made)
        return made

    def _kept(self, made: VariableGroup, project: Project) -> VariableGroup:
        made.share(project)
        self.groups.append(made)
        return made


def connection(name: str, client: str, *, tenant: str = "72f988bf-tenant") -> ServiceEndpoint:
    """A connection to Azure that signs in as a service principal."""
    return ServiceEndpoint(name, {"serviceprincipalid": client, "tenantid": tenant})


def library(world: World) -> Library:
    """The one of an organisation."""
    return _libraries.setdefault(world, Library())
