"""The SDK of Azure DevOps, made safe: one transport for all its sessions, and no cache on disk.

By itself the SDK writes what it learned of an organisation into the person's home for twelve hours,
sleeps in a thread as long as a server asks, tries a read again four times, follows redirects, takes
a login from ``~/.netrc``, and asks a fixed host of Microsoft's where an area is not listed.
"""

import os
import tempfile
import threading
from collections.abc import Callable
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from adapters.azure_devops.errors import (
    CUT,
    LATE,
    UNTRUSTED,
    Answer,
    Purpose,
    refusal,
    silent,
    strange,
    unreached,
)
from adapters.azure_devops.pace import CallPace
from adapters.azure_devops.settings import AzureDevOpsSettings
from adapters.azure_devops.sign_in import SignIn
from adapters.blocking.answers import read_whole, refuse_late
from core.errors import UnavailableError

# The SDK makes the folder when it is imported; nothing is ever written there, see below.
_CACHE: Final = "AZURE_DEVOPS_CACHE_DIR"
_before = os.environ.get(_CACHE)
os.environ[_CACHE] = tempfile.gettempdir()
from azure.devops import _file_cache  # type: ignore[import-untyped] # noqa: E402
from azure.devops.client import Client  # type: ignore[import-untyped] # noqa: E402
from azure.devops.connection import Connection  # type: ignore[import-untyped] # noqa: E402

if _before is None:
    del os.environ[_CACHE]
else:
    os.environ[_CACHE] = _before
_file_cache.OPTIONS_CACHE.file_name = _file_cache.RESOURCE_CACHE.file_name = ""

_unwrap: Final = Client._unwrap_collection


def _unwrapped(client: Any, response: requests.Response) -> Any:
    """A list of nothing may come as null, or without a body (204); the SDK knows neither."""
    return (_unwrap(client, response) if response.content else None) or []


Client._unwrap_collection = _unwrapped

TIMEOUT_S: Final = (5.0, 30.0)  # to connect, and of silence
CONNECTIONS: Final = 8
ELSEWHERE: Final = "its list of addresses is cut short, or leads elsewhere"


class Sdk:
    """The clients of the SDK by name: ``sdk.git`` is its git client, ``sdk.build`` that of builds.

    They block, so only calls given to ``AzureDevOps.ask`` use it.
    """

    def __init__(self, settings: AzureDevOpsSettings, sign_in: SignIn, pace: CallPace) -> None:
        self._address = settings.address
        self._transport = _Transport(settings, sign_in, pace, self.forget)
        self._connected = self._connect()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connected.clients_v7_1, f"get_{name}_client")()

    def wants(self, wanted: Purpose) -> None:
        """Say for the calls that follow in this thread what they are for."""
        self._transport.wants(wanted)

    def forget(self) -> None:
        """Forget what was learned of the organisation: an answer about it was cut short."""
        Client._locations_cache.clear()
        _file_cache.OPTIONS_CACHE.data.clear()
        _file_cache.RESOURCE_CACHE.data.clear()
        self._connected = self._connect()

    def close(self) -> None:
        self._transport.close()

    def _connect(self) -> Any:
        return Connection(base_url=self._address, creds=_Credentials(self._transport))


class _Credentials:
    """What the SDK asks before each request: it puts our transport under the session."""

    def __init__(self, transport: "_Transport") -> None:
        self._transport = transport

    def signed_session(self, session: requests.Session | None = None) -> requests.Session:
        session = session or requests.Session()
        session.mount("https://", self._transport)
        session.mount("http://", self._transport)
        session.auth = _NoLogin()
        return session


class _NoLogin(AuthBase):
    """Keeps ``requests`` from taking a login from ~/.netrc; the transport signs in."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Transport(HTTPAdapter):
    """Sends each request of the SDK once, signed in, and raises our errors for its answer."""

    def __init__(
        self,
        settings: AzureDevOpsSettings,
        sign_in: SignIn,
        pace: CallPace,
        forget: Callable[[], None],
    ) -> None:
        super().__init__(pool_maxsize=CONNECTIONS, pool_block=True, max_retries=0)
        self._settings = settings
        self._sign_in = sign_in
        self._pace = pace
        self._forget = forget
        self._asking = threading.local()

    def wants(self, wanted: Purpose) -> None:
        self._asking.wanted = wanted

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ARG002 - the SDK's own bounds are wider than ours
        proxies: Any = None,
        **more: Any,
    ) -> requests.Response:
        wanted: Purpose = self._asking.wanted
        if not self._settings.is_ours(request.url or ""):
            # The SDK asks above the organisation, or a fixed host, for what it was not told of.
            self._forget()
            raise strange(wanted, ELSEWHERE)
        request.headers["Authorization"] = self._sign_in.header()
        answer = self._sent(request, wanted, proxies, _trusted(more.get("verify", True)))
        self._pace.note(answer.headers)
        whole = Answer(status=answer.status_code, headers=answer.headers, body=answer.content)
        error = refusal(whole, wanted)
        if error is not None:
            raise error
        return answer

    def _sent(
        self, request: requests.PreparedRequest, wanted: Purpose, proxies: Any, verify: Any
    ) -> requests.Response:
        try:
            refuse_late()
            answer = super().send(
                request, stream=True, timeout=TIMEOUT_S, proxies=proxies, verify=verify
            )
            read_whole(answer, request)
        except (requests.RequestException, OSError) as error:
            raise _unavailable(error, wanted) from None
        return answer


def _trusted(verify: Any) -> Any:
    """Trust whom OpenSSL is told to trust, as git and aiohttp do; ``requests`` asks it not."""
    if verify is not True:
        return verify
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or True


def _unavailable(error: Exception, wanted: Purpose) -> UnavailableError:
    """Say how a request came to nothing; what a library says may quote the address."""
    if isinstance(error, requests.exceptions.SSLError):
        return strange(wanted, UNTRUSTED)
    if isinstance(getattr(next(iter(error.args), None), "reason", None), NewConnectionError):
        return unreached(wanted)
    return silent(wanted, LATE if isinstance(error, requests.Timeout) else CUT)
