"""Service connections of a project: what a pipeline signs in with at a stage."""

from typing import Final

import msgspec

BY_PRINCIPAL: Final = ("ServicePrincipal", "WorkloadIdentityFederation")


class ServiceEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One service connection; Azure DevOps calls it an endpoint in its API.

    ``principal`` is the client id that it signs in as, "" where it does not say one. ``why`` is
    what the host says of one that is not ready.
    """

    name: str
    principal: str = ""
    tenant: str = ""
    scheme: str = ""  # as WorkloadIdentityFederation, ServicePrincipal or ManagedServiceIdentity
    is_ready: bool = True
    is_disabled: bool = False
    why: str = ""

    @property
    def is_hidden(self) -> bool:
        """Whether it signs in as a principal that we are not told."""
        return self.scheme in BY_PRINCIPAL and not self.principal

    @property
    def works(self) -> bool:
        return self.is_ready and not self.is_disabled


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Those of a project, and the page where people see them.

    ``unread`` says why nobody could look at them: then none of them is missing.
    """

    project: str = ""
    page: str = ""
    found: tuple[ServiceEndpoint, ...] = ()
    unread: str = ""
