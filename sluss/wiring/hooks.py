"""Opens what the host of git tells by itself: its events, and the subscriptions that lead to us."""

from typing import TYPE_CHECKING, Final

from sluss.home.settings import HOOK_SECRET, HOOK_USER, Settings

if TYPE_CHECKING:
    from adapters.azure_devops import AzureDevOps
    from adapters.azure_devops.host_events import AzureDevOpsEvents
    from adapters.azure_devops.subscriptions import AzureDevOpsSubscriptions

HOOK_PATH: Final = "/hooks/azure-devops"


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
