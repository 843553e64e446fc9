"""Opens what the host of git tells by itself: its events, and the subscriptions that lead to us."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from core.errors import SettingsError
from core.loopback import is_loopback
from sluss.home.settings import HOOK_SECRET, HOOK_USER, Settings
from sluss.wiring.azure_devops import open_azure_devops, open_identity
from sluss.wiring.opening import Opening

if TYPE_CHECKING:
    from adapters.azure_devops import AzureDevOps
    from adapters.azure_devops.host_events import AzureDevOpsEvents
    from adapters.azure_devops.subscriptions import AzureDevOpsSubscriptions

HOOK_PATH: Final = "/hooks/azure-devops"


NO_AZURE_DEVOPS: Final = (
    "SLUSS_AZURE_DEVOPS is not set, so that there is no organisation to ask. Nothing was done; set "
    "it to the organisation's address, such as https://dev.azure.com/ORGANISATION."
)

UNREACHABLE: Final = (
    "Azure DevOps cannot deliver to {address}: it refuses {why}. Nothing was changed. Set "
    "SLUSS_PUBLIC_URL to a public https address that leads to the gateway, as that of an ingress "
    "or a tunnel, and try again. Meanwhile nothing is lost: a running worker lists pushes and pull "
    "requests at its start and every hour, and `sluss hooks report` does it at once."
)
LOOPBACK: Final = "loopback addresses, as nobody but this machine reaches them"
PLAIN: Final = "to send a password (basic auth) over plain http"


@asynccontextmanager
async def azure_devops_of(settings: Settings) -> "AsyncIterator[AzureDevOps]":
    """Open the organisation alone, and close it at the end."""
    async with AsyncExitStack() as closes:
        found = open_azure_devops(
            settings, open_identity(settings), CollectorRegistry(), Opening(closes)
        )
        if found is None:
            raise SettingsError(NO_AZURE_DEVOPS)
        yield found


def open_host_events(azure_devops: "AzureDevOps") -> "AzureDevOpsEvents":
    # Only here, as the SDK takes a while to import.
    from adapters.azure_devops.host_events import AzureDevOpsEvents  # noqa: PLC0415

    return AzureDevOpsEvents(azure_devops)


def open_subscriptions(
    settings: Settings, azure_devops: "AzureDevOps"
) -> "AzureDevOpsSubscriptions":
    """Return them for our public address. Raise SettingsError without the secret of the hook."""
    from adapters.azure_devops.subscriptions import (  # noqa: PLC0415
        AzureDevOpsSubscriptions,
        HookTarget,
    )

    secret = settings.secrets.secret(HOOK_SECRET)
    target = HookTarget(url=hook_address(settings), user=HOOK_USER, secret=secret)
    return AzureDevOpsSubscriptions(azure_devops, target)


def hook_address(settings: Settings) -> str:
    return f"{settings.public_url.rstrip('/')}{HOOK_PATH}"


def unreachable(settings: Settings) -> str:
    """Say why Azure DevOps cannot deliver to us; "" where nothing speaks against it.

    One that is on this machine itself reaches the others on it.
    """
    here = urlsplit(settings.public_url)
    if is_loopback(urlsplit(settings.azure_devops).hostname or ""):
        return ""
    address = hook_address(settings)
    if is_loopback(here.hostname or ""):
        return UNREACHABLE.format(address=address, why=LOOPBACK)
    return "" if here.scheme == "https" else UNREACHABLE.format(address=address, why=PLAIN)
