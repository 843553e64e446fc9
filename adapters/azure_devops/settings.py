"""Where Azure DevOps is, and how Sluss signs in there."""

from typing import Final
from urllib.parse import urlsplit

import msgspec
from requests.utils import requote_uri

from core.errors import SettingsError
from core.loopback import is_loopback

CLOUD: Final = "dev.azure.com"
OF_THE_CLOUD: Final = (".dev.azure.com", ".visualstudio.com")

WRONG: Final = (
    "SLUSS_AZURE_DEVOPS is {address!r}, but {must}. Nothing was started; set it and start again."
)
ENCRYPTED: Final = "Azure DevOps is reached over https, as the token goes with each call"
WITH_ORGANISATION: Final = (
    "it must name the organisation, as https://dev.azure.com/ORGANISATION does"
)
NO_LOGIN: Final = (
    "it must be without a login: a token is the secret azure_devops_token, or that of the identity"
)


class AzureDevOpsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``address`` is that of an organisation, or of a collection of a server of the bank's own.

    ``token`` is a personal access token for development; with "" the identity signs in.
    """

    address: str
    token: str = ""

    def __post_init__(self) -> None:
        """Spell the address as clients send it: the name of a collection may have a space in it."""
        msgspec.structs.force_setattr(self, "address", requote_uri(self.address.strip()))

    def check(self) -> None:
        """Raise SettingsError for an address to which no token may be sent."""
        found = urlsplit(self.address)
        if "@" in found.netloc:
            raise SettingsError(WRONG.format(address=f"***@{found.hostname}", must=NO_LOGIN))
        if found.scheme != "https" and not is_loopback(found.hostname or ""):
            raise SettingsError(WRONG.format(address=self.address, must=ENCRYPTED))
        if found.hostname == CLOUD and not found.path.strip("/"):
            raise SettingsError(WRONG.format(address=self.address, must=WITH_ORGANISATION))

    def is_ours(self, url: str) -> bool:
        """Whether the token may go there: to the organisation, or to another host of the cloud."""
        here, there = urlsplit(self.address), urlsplit(url)
        if (there.scheme, there.netloc.casefold()) == (here.scheme, here.netloc.casefold()):
            folder = f"{here.path.rstrip('/')}/".casefold()
            return there.path.casefold().startswith(folder)
        is_cloud = here.hostname == CLOUD or (here.hostname or "").endswith(OF_THE_CLOUD)
        is_there = there.hostname == CLOUD or (there.hostname or "").endswith(OF_THE_CLOUD)
        is_usual = there.scheme == "https" and there.port in (None, 443) and not there.username
        return is_cloud and is_there and is_usual

    def __repr__(self) -> str:
        return f"AzureDevOpsSettings(address={self.address!r})"
