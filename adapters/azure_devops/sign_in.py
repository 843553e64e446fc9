"""The header that signs a call in: a token of the identity, or a personal access token."""

import base64
from typing import Final, Protocol

from adapters.azure_devops.settings import AzureDevOpsSettings

# Azure DevOps as Entra ID knows it, in every tenant:
# https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity
SCOPE: Final = "499b84ac-1321-427f-aa17-267ca6975798/.default"


class GivesTokens(Protocol):
    """Who gives tokens of Entra ID; it may block, and raises UnavailableError without one."""

    def token(self, scope: str) -> str: ...


def login(token: str) -> str:
    """Return the header's value for a token that stands in a password's place."""
    return f"Basic {base64.b64encode(f':{token}'.encode()).decode()}"


class SignIn:
    """Call it in a thread, as a token may have to be fetched."""

    def __init__(self, settings: AzureDevOpsSettings, tokens: GivesTokens | None) -> None:
        if not settings.token and tokens is None:
            raise ValueError("there is neither a token nor an identity")
        self._personal = settings.token
        self._tokens = tokens

    def header(self) -> str:
        """Return the value of ``Authorization``, for requests and for git."""
        if self._personal or self._tokens is None:
            return login(self._personal)
        return f"Bearer {self._tokens.token(SCOPE)}"

    def __repr__(self) -> str:
        return "SignIn()"
