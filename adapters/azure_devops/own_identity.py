"""Who Sluss is at Azure DevOps: what it wrote there is known by that, and by nothing else."""

from typing import Final

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.rights import Right
from core.errors import UnavailableError
from core.platform import canonical_id

# There is no version of it but previews.
VERSION: Final = "7.1-preview"
STRANGE: Final = (
    "Azure DevOps does not say who we are, so that nobody could tell our own words from those of "
    "others. Nothing was written; it is tried again by itself."
)


class _User(msgspec.Struct, frozen=True):
    id: str


class _Connection(msgspec.Struct, frozen=True, rename="camel"):
    authenticated_user: _User


class OwnIdentity:
    """It is asked for once: nobody becomes somebody else while a process runs."""

    def __init__(self, azure_devops: AzureDevOps) -> None:
        self._azure_devops = azure_devops
        self._id = ""

    async def id(self) -> str:
        """Return our id in its usual spelling. Raise UnavailableError where it is not told."""
        if not self._id:
            answer = await self._azure_devops.rest.get(
                Right.SELF,
                "ask who we are",
                *("_apis", "connectionData"),
                params={"api-version": VERSION},
            )
            try:
                found = msgspec.convert(answer, _Connection).authenticated_user.id
            except msgspec.ValidationError:
                raise UnavailableError(STRANGE) from None
            self._id = canonical_id(found)
        return self._id
