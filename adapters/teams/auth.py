"""Who may call the bot's endpoint: the channel with a signed token, or this machine alone.

The SDK's own verifier accepts any application of the tenant that holds a token for the bot, every
channel, and a token without an end; here only Teams itself is believed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
import requests
from aiohttp import web
from microsoft_agents.authentication.msal import MsalAuth
from microsoft_agents.hosting.core import (
    AccessTokenProviderBase,
    AgentAuthConfiguration,
    AnonymousTokenProvider,
    ClaimsIdentity,
    ConnectionManager,
)
from microsoft_agents.hosting.core.authorization import AuthTypes

from adapters.teams.activities import Sent
from adapters.teams.channel_keys import ChannelKeys
from adapters.teams.channel_token import ChannelTokens
from adapters.teams.settings import CHANNEL, ISSUER, TeamsSettings
from core.errors import UnavailableError
from core.loopback import Door

DOOR: Final = Door(programs=True)

TOKEN_S: Final = 10.0
NO_TOKEN: Final = "none"  # noqa: S105 - the SDK takes no empty one; the window refuses it
SIGN_IN_SILENT: Final = (
    "The directory gave the bot no token ({why}). Nothing was lost; it is tried again by itself. "
    "If it stays so, look at SLUSS_TEAMS_APP_ID, SLUSS_TEAMS_TENANT and their client secret."
)
Tokens = Callable[[AgentAuthConfiguration], AccessTokenProviderBase]


def connections(settings: TeamsSettings, tokens: Tokens | None = None) -> ConnectionManager:
    """Return the SDK's connections, by which the bot proves itself when it posts."""
    if settings.is_local:
        file = settings.token_file
        return _manager(lambda _: WindowTokens(file), AgentAuthConfiguration())
    return _manager(tokens or BotTokens, _configuration(settings))


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a sender before anything is read; "" on one machine, which signs nothing."""

    service_url: str = ""

    def covers(self, sent: Sent, settings: TeamsSettings) -> bool:
        """Ask that the activity is of Teams, and of the place that the token was made for."""
        if sent.channel_id != CHANNEL or not settings.may_answer_at(sent.service_url):
            return False
        return settings.is_local or _bare(sent.service_url) == _bare(self.service_url)

    def identity(self, settings: TeamsSettings) -> ClaimsIdentity:
        """Return the sender as the SDK knows it: whom an answer is for, and nothing more."""
        if settings.is_local:
            return local_identity()
        return ClaimsIdentity({"iss": ISSUER, "aud": settings.app_id}, "channel")


def local_identity() -> ClaimsIdentity:
    """Return whom the SDK takes the bot for on one machine: without claims it shows no token."""
    return ClaimsIdentity({"aud": "local"}, "window")


Identify = Callable[[web.Request], Awaitable[Proof | None]]


def identify_by(settings: TeamsSettings) -> Identify:
    """Return the function that verifies a sender; it gives None when nothing may be read."""
    return _from_this_machine if settings.is_local else _from_the_channel(settings)


class WindowTokens(AnonymousTokenProvider):
    """Shows the chat window the token of this start; another process may have begun a new one."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    async def get_access_token(
        self,
        resource_url: str,  # noqa: ARG002
        scopes: list[str],  # noqa: ARG002
        force_refresh: bool = False,  # noqa: ARG002, FBT001, FBT002 - the SDK's signature
    ) -> str:
        return self._read() or NO_TOKEN

    def _read(self) -> str:
        try:
            return self._file.read_text("utf-8").strip() if self._file else ""
        except FileNotFoundError:
            return ""


class BotTokens(MsalAuth):
    """Gets the bot's own token through the SDK, within TOKEN_S. Raise UnavailableError without it.

    The SDK's first call would ask for the directory's endpoints on the event loop, with no limit.
    """

    async def get_access_token(
        self,
        resource_url: str,
        scopes: list[str],
        force_refresh: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
    ) -> str:
        try:
            async with asyncio.timeout(TOKEN_S):
                await asyncio.to_thread(self._get_client)  # the SDK remembers it
                return await super().get_access_token(resource_url, scopes, force_refresh)
        except (ValueError, requests.RequestException, TimeoutError) as error:
            raise UnavailableError(SIGN_IN_SILENT.format(why=type(error).__name__)) from None


def _bare(url: str) -> str:
    """Return an address as it is compared: the case of its host and a last slash mean nothing."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}".casefold() + f"{slash}{path}".rstrip("/")


def _manager(tokens: Tokens, configuration: AgentAuthConfiguration) -> ConnectionManager:
    everywhere = [{"SERVICEURL": "*", "CONNECTION": "SERVICE_CONNECTION"}]
    return ConnectionManager(tokens, {"SERVICE_CONNECTION": configuration}, everywhere)


def _configuration(settings: TeamsSettings) -> AgentAuthConfiguration:
    return AgentAuthConfiguration(
        auth_type=AuthTypes.client_secret,
        client_id=settings.app_id,
        tenant_id=settings.tenant,
        client_secret=settings.client_secret,
        issuers=[ISSUER],
        validate_issuer=True,
        anonymous_allowed=False,
    )


async def _from_this_machine(request: web.Request) -> Proof | None:
    """Let in a program on this machine, such as the chat window's server, but no web page."""
    return Proof() if DOOR.lets_in(request) else None


def _from_the_channel(settings: TeamsSettings) -> Identify:
    tokens = ChannelTokens(ChannelKeys(settings.openid_metadata), settings.app_id)

    async def identify(request: web.Request) -> Proof | None:
        said = request.headers.getall("Authorization", [])
        place = await tokens.service_url(said[0]) if len(said) == 1 else None
        return Proof(service_url=place) if place else None

    return identify
