"""Azure DevOps: its SDK, a small client for what that lacks, and the ports that both serve.

Importing this package imports the SDK, half a second; a start does so only when it is wired.
"""

from adapters.azure_devops import sdk as sdk  # first: the SDK is told before where it may write
from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.rights import Right
from adapters.azure_devops.settings import AzureDevOpsSettings

__all__ = ["AzureDevOps", "AzureDevOpsSettings", "Right"]
