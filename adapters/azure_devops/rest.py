"""Calls of Azure DevOps' REST that its SDK lacks, such as the approvals of pipelines."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote

import aiohttp
from yarl import URL

from adapters.azure_devops.errors import (
    CUT,
    LATE,
    UNTRUSTED,
    Answer,
    Purpose,
    TooNewError,
    refusal,
    silent,
    strange,
    unreached,
)
from adapters.azure_devops.pace import CallPace
from adapters.azure_devops.rights import Right
from adapters.azure_devops.settings import AzureDevOpsSettings
from adapters.blocking.answers import LONGEST_ANSWER
from core.errors import UnavailableError

TIMEOUT: Final = aiohttp.ClientTimeout(total=60.0, sock_connect=5.0, sock_read=30.0)
# Services have the first; a server on premises is told by what it refuses, as its lists of
# addresses are the SDK's own.
VERSIONS: Final = ("7.1", "7.0", "6.0")
PART: Final = 1 << 16
NO_HEADERS: Final[Mapping[str, str]] = {}

GIT_REFS: Final = ("info", "refs")
GIT_HEADERS: Final = {"Git-Protocol": "version=2"}  # the answer does not list all branches
GIT_TYPE: Final = "application/x-git-upload-pack-advertisement"

TOO_LONG: Final = "longer than 64 MB"
ELSEWHERE: Final = "a name in it leads elsewhere"
NO_JSON: Final = "no JSON"
NO_GIT: Final = "no repository of git"


class Rest:
    """``path`` begins after the address, such as ``PROJECT/_apis/pipelines/approvals``."""

    def __init__(
        self,
        settings: AzureDevOpsSettings,
        authorization: Callable[[], Awaitable[str]],
        pace: CallPace,
    ) -> None:
        self._settings = settings
        self._address = settings.address.rstrip("/")
        self._authorization = authorization
        self._pace = pace
        self._opened: aiohttp.ClientSession | None = None
        self._versions: tuple[str, ...] = VERSIONS

    async def get(
        self, right: Right, what: str, *path: str, params: Mapping[str, str] | None = None
    ) -> Any:
        """Return the decoded JSON. Raise as ``AzureDevOps.ask`` does."""
        return await self._call("GET", Purpose(right, what), path, params or {})

    async def write(
        self,
        method: Literal["PATCH", "POST"],
        right: Right,
        what: str,
        *path: str,
        body: object,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """Send it once, and return the decoded JSON. Raise as ``AzureDevOps.ask`` does."""
        return await self._call(method, Purpose(right, what), path, params or {}, body)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def find_git(self, right: Right, what: str, *path: str) -> None:
        """Ask for a repository as git does first. Raise as ``AzureDevOps.ask`` does.

        git itself tells nobody how long it was asked to wait, and takes a page to sign in for an
        old kind of server, from which it goes on to read.
        """
        wanted = Purpose(right, what)
        params = {"service": "git-upload-pack"}
        answer = await self._send("GET", wanted, (*path, *GIT_REFS), params, headers=GIT_HEADERS)
        kind, _, _ = answer.headers.get("Content-Type", "").casefold().partition(";")
        if kind.strip() != GIT_TYPE:
            raise strange(wanted, NO_GIT)

    async def _call(
        self,
        method: str,
        wanted: Purpose,
        path: tuple[str, ...],
        params: Mapping[str, str],
        body: object = None,
    ) -> Any:
        version, dash, preview = params.get("api-version", VERSIONS[0]).partition("-")
        newest = min(version, self._versions[0])
        versioned = {**params, "api-version": f"{newest}{dash}{preview}"}
        try:
            answer = await self._send(method, wanted, path, versioned, body=body)
        except TooNewError:
            self._versions = tuple(older for older in VERSIONS if older < newest)
            if not self._versions:
                self._versions = VERSIONS
                raise
            return await self._call(method, wanted, path, params, body)
        return _decoded(answer.body, wanted)

    async def _send(
        self,
        method: str,
        wanted: Purpose,
        path: tuple[str, ...],
        params: Mapping[str, str],
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        body: object = None,
    ) -> Answer:
        await self._pace.turn(wanted)
        url = URL("/".join((self._address, *(quote(part, safe="") for part in path))))
        if not self._settings.is_ours(str(url)):  # dots lead out of it, and no quote changes them
            raise strange(wanted, ELSEWHERE)
        try:
            async with self._session().request(
                method,
                url,
                params=params,
                json=body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                self._pace.note(response.headers)
                data = await _read(response, wanted)
                answer = Answer(status=response.status, headers=response.headers, body=data)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unavailable(error, wanted) from None
        error_of = refusal(answer, wanted)
        if error_of is not None:
            raise error_of
        return answer

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                timeout=TIMEOUT, trust_env=True, middlewares=(self._signed_in,)
            )
        return self._opened

    async def _signed_in(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Sign in last: whoever trusts the environment takes a login from ``~/.netrc`` as well."""
        request.headers["Authorization"] = await self._authorization()
        return await send(request)


def _unavailable(error: Exception, wanted: Purpose) -> UnavailableError:
    """Say how a request came to nothing; what a library says may quote the address."""
    if isinstance(error, aiohttp.ClientSSLError):
        return strange(wanted, UNTRUSTED)
    if isinstance(error, aiohttp.ClientConnectorError):
        return unreached(wanted)
    return silent(wanted, LATE if isinstance(error, TimeoutError) else CUT)


async def _read(response: aiohttp.ClientResponse, wanted: Purpose) -> bytes:
    read = bytearray()
    async for part in response.content.iter_chunked(PART):
        read += part
        if len(read) > LONGEST_ANSWER:
            raise strange(wanted, TOO_LONG)
    return bytes(read)


def _decoded(data: bytes, wanted: Purpose) -> Any:
    if not data:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise strange(wanted, NO_JSON) from None
