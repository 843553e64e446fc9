"""A managed identity, or a service principal with its secret; each token is kept and renewed.

Never the default chain of azure-identity: with several identities on a machine it takes whichever
it finds first, and on a developer's machine the person's own.
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

import logging
from typing import Final, Protocol

import msgspec
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, ClientAuthenticationError

from core.errors import SettingsError, UnavailableError

NO_TENANT: Final = (
    "The secret identity_secret is set, but SLUSS_IDENTITY_TENANT is not. Nothing was started; set "
    "it to the directory (tenant id) of the service principal {client}."
)
NO_CLIENT: Final = (
    "SLUSS_IDENTITY is not set. Nothing was started; set it to the client id of the identity that "
    "Sluss signs in with: a machine may have several, and a wrong one would be taken."
)
TOKENLESS: Final = (
    "The identity {client} gets no token for {scope}: {why}. Nothing was lost; the work is tried "
    "again by itself, and goes on when the identity is assigned to this machine and has its rights."
)
REFUSED: Final = "the directory refuses it"
SILENT: Final = "nobody gives tokens here, or does not answer"


class IdentitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """``client`` is a client id; ``tenant`` and ``secret`` are those of a service principal.

    Without a secret it is a managed identity of the machine.
    """

    client: str = ""
    tenant: str = ""
    secret: str = ""

    def check(self) -> None:
        """Raise SettingsError when the settings name no identity."""
        if not self.client:
            raise SettingsError(NO_CLIENT)
        if self.secret and not self.tenant:
            raise SettingsError(NO_TENANT.format(client=self.client))

    def __repr__(self) -> str:
        return f"IdentitySettings(client={self.client!r}, tenant={self.tenant!r})"


class _Source(Protocol):
    def get_token(self, *scopes: str) -> AccessToken: ...


class OneIdentity:
    """Gives tokens to blocking clients; call it in a thread, as a token may have to be fetched."""

    def __init__(self, client: str, source: _Source) -> None:
        self._client = client
        self._source = source

    def token(self, scope: str) -> str:
        """Return a token that is valid for some minutes. Raise UnavailableError without one."""
        try:
            return self._source.get_token(scope).token
        except AzureError as error:  # its text may quote what the endpoint answered
            why = REFUSED if isinstance(error, ClientAuthenticationError) else SILENT
            message = TOKENLESS.format(client=self._client, scope=scope, why=why)
            raise UnavailableError(message, longest_s=300.0) from None

    def __repr__(self) -> str:
        return f"OneIdentity({self._client!r})"


def build(settings: IdentitySettings) -> OneIdentity:
    """Raise SettingsError when the settings name no identity; nothing is asked yet."""
    # Only here, as azure-identity takes a while to import.
    from azure.identity import (  # noqa: PLC0415
        ClientSecretCredential,
        ManagedIdentityCredential,
    )

    settings.check()
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)  # we tell it once, in words
    if not settings.secret:
        return OneIdentity(settings.client, ManagedIdentityCredential(client_id=settings.client))
    source = ClientSecretCredential(settings.tenant, settings.client, settings.secret)
    return OneIdentity(settings.client, source)
