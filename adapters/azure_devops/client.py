"""One organisation of Azure DevOps: its SDK in bounded threads, and REST for what that lacks."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from azure.core.exceptions import AzureError
from msrest.exceptions import ClientException
from prometheus_client import CollectorRegistry

from adapters.azure_devops.errors import Purpose, strange
from adapters.azure_devops.pace import CallPace
from adapters.azure_devops.rest import Rest
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from adapters.azure_devops.settings import AzureDevOpsSettings
from adapters.azure_devops.sign_in import GivesTokens, SignIn, login
from adapters.blocking.blocking import LOOK_S, Blocking

T = TypeVar("T")

THREADS: Final = 8
NOT_ITS: Final = "another form, or cut short"


class AzureDevOps:
    """All calls wait together when Azure DevOps asks one of them to."""

    def __init__(
        self,
        settings: AzureDevOpsSettings,
        tokens: GivesTokens | None = None,
        *,
        metrics: CollectorRegistry | None = None,
    ) -> None:
        settings.check()
        self._settings = settings
        self.address = settings.address.rstrip("/")
        self._sign_in = SignIn(settings, tokens)
        self._pace = CallPace(metrics or CollectorRegistry())
        self._sdk = Sdk(settings, self._sign_in, self._pace)
        self._blocking = Blocking(
            "Azure DevOps", lambda: self._sdk, threads=THREADS, translate=_untranslated
        )
        self.rest = Rest(settings, self.authorization, self._pace)

    async def ask(
        self, right: Right, what: str, call: Callable[[Sdk], T], *, limit_s: float = LOOK_S
    ) -> T:
        """Return what a call of the SDK's clients returns; it runs in a thread, once.

        ``what`` says what it is for, to follow "nobody could". Raise UnavailableError for all that
        passes by itself, RightMissingError, NotThereError, ConflictError, and StepFailedError for
        what Azure DevOps refuses otherwise.
        """
        wanted = Purpose(right, what)
        await self._pace.turn(wanted)

        def asked(sdk: Sdk) -> T:
            sdk.wants(wanted)
            try:
                return call(sdk)
            except (ClientException, AzureError, ValueError) as error:
                if _is_about_locations(error):
                    sdk.forget()
                raise strange(wanted, NOT_ITS) from error

        return await self._blocking.ask(asked, limit_s=limit_s)

    @property
    def waited_s(self) -> float:
        """For how many seconds Azure DevOps has asked us to wait since this process began."""
        return self._pace.asked_s

    async def authorization(self) -> str:
        """Return the value of the header ``Authorization``; it goes into no log and no file."""
        return await asyncio.to_thread(self._sign_in.header)

    def as_job(self, token: str) -> Rest:
        """Return REST that signs in with the token of a job, not as us; close it after use."""

        async def authorization() -> str:
            return login(token)

        return Rest(self._settings, authorization, self._pace)

    async def close(self) -> None:
        await self._blocking.close()
        await self.rest.close()
        self._sdk.close()

    def __repr__(self) -> str:
        return f"AzureDevOps({self.address!r})"


@contextmanager
def _untranslated() -> Iterator[None]:
    """The transport raises our errors itself, as the SDK loses status and headers of an answer."""
    yield


def _is_about_locations(error: Any) -> bool:
    """Whether the SDK misses an address that the organisation has told it, or should have."""
    said = str(error)
    return "is not registered on" in said or "resource area" in said
