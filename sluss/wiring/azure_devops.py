"""Opens Azure DevOps with the identity of the start, where the settings name it."""

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry

from core.errors import SettingsError
from sluss.home.settings import AZURE_DEVOPS_SECRET, IDENTITY_SECRET, PLATFORM_FILE, Settings
from sluss.wiring.opening import Opening

if TYPE_CHECKING:
    from adapters.azure_devops import AzureDevOps
    from adapters.azure_identity import OneIdentity

NO_WAY_IN: Final = (
    "SLUSS_AZURE_DEVOPS names {address}, but nothing signs in there. Nothing was started; set "
    "SLUSS_IDENTITY to the client id of an identity, or for development the secret "
    "azure_devops_token to a personal access token."
)
ELSEWHERE: Final = (
    "{file}: the repository {name} has a location, which is a folder of this machine, and "
    "SLUSS_AZURE_DEVOPS says that code is at Azure DevOps. Nothing was started; take the location "
    "out, or the repository."
)


def open_identity(settings: Settings) -> "OneIdentity | None":
    """Return the one credential for all that takes tokens of Entra ID; None without one."""
    if not settings.identity:
        return None
    # Only here, as its library takes a while to import.
    from adapters.azure_identity import IdentitySettings, build  # noqa: PLC0415

    return build(
        IdentitySettings(
            client=settings.identity,
            tenant=settings.identity_tenant,
            secret=settings.secrets.find(IDENTITY_SECRET),
        )
    )


def open_azure_devops(
    settings: Settings, identity: "OneIdentity | None", metrics: CollectorRegistry, opening: Opening
) -> "AzureDevOps | None":
    """Return the organisation, which is called at its first use; None where the settings have none.

    Raise SettingsError where nothing signs in, or for an address to which no token may go.
    """
    if not settings.azure_devops:
        return None
    refuse_closed_azure_devops(settings)
    # Only here, as its SDK takes a while to import.
    from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings  # noqa: PLC0415

    token = settings.secrets.find(AZURE_DEVOPS_SECRET)
    found = AzureDevOps(
        AzureDevOpsSettings(address=settings.azure_devops, token=token), identity, metrics=metrics
    )
    opening.closed_by(found.close)
    return found


def refuse_closed_azure_devops(settings: Settings) -> None:
    """Raise SettingsError when Azure DevOps is named in a way that cannot work."""
    if not settings.azure_devops:
        return
    if not settings.identity and not settings.secrets.find(AZURE_DEVOPS_SECRET):
        raise SettingsError(NO_WAY_IN.format(address=settings.azure_devops))
    for repository in settings.files.platform.repositories:
        if repository.location:
            raise SettingsError(ELSEWHERE.format(file=PLATFORM_FILE, name=repository.name))
