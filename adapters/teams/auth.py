"""Who may call the bot's endpoint: the channel with a signed token, or this machine alone.

The SDK's own middleware accepts any application of the tenant that holds a token for the bot, and
such an application could claim to be anybody; here only the channel itself is believed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import requests
from aiohttp import web
from jwt import PyJWTError
from microsoft_agents.authentication.msal import MsalAuth
from microsoft_agents.hosting.core import (
    AccessTokenProviderBase,
    AgentAuthConfiguration,
    AnonymousTokenProvider,
    ClaimsIdentity,
    ConnectionManager,
    JwtTokenValidator,
)
from microsoft_agents.hosting.core.authorization import AuthTypes

from adapters.teams.settings import ISSUER, TeamsSettings
from core.errors import UnavailableError
from core.loopback import Door

DOOR: Final = Door(programs=True)

TOKEN_S: Final = 10.0
SIGN_IN_SILENT: Final = (
    "The directory gave the bot no token ({why}). Nothing was lost; it is tried again by itself. "
    "If it stays so, look at SLUSS_TEAMS_APP_ID, SLUSS_TEAMS_TENANT and their client secret."
)
Tokens = Callable[[AgentAuthConfiguration], AccessTokenProviderBase]
Identify = Callable[[web.Request], Awaitable[ClaimsIdentity | None]]


def connections(settings: TeamsSettings, tokens: Tokens | None = None) -> ConnectionManager:
    """Return the SDK's connections, by which the bot proves itself when it posts."""
    if settings.is_local:
        return _manager(lambda _: AnonymousTokenProvider(), AgentAuthConfiguration())
    return _manager(tokens or BotTokens, _configuration(settings))


def identify_by(settings: TeamsSettings, manager: ConnectionManager) -> Identify:
    """Return the function that verifies a sender; it gives None when nothing may be read."""
    return _from_this_machine if settings.is_local else _from_the_channel(manager)


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


class VerifiedRequest:
    """A request in the form that the SDK takes, with the sender that we have verified."""

    def __init__(self, request: web.Request, claims: ClaimsIdentity) -> None:
        self._request = request
        self._claims = claims

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def headers(self) -> dict[str, str]:
        return dict(self._request.headers)

    async def json(self) -> dict[str, Any]:
        return cast(dict[str, Any], await self._request.json())

    def get_claims_identity(self) -> ClaimsIdentity:
        return self._claims

    def get_path_param(self, name: str) -> str:
        return self._request.match_info[name]


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


async def _from_this_machine(request: web.Request) -> ClaimsIdentity | None:
    """Let in a program on this machine, such as the chat window's server, but no web page."""
    return ClaimsIdentity() if DOOR.lets_in(request) else None


def _from_the_channel(manager: ConnectionManager) -> Identify:
    validator = JwtTokenValidator(manager.get_default_connection_configuration())

    async def identify(request: web.Request) -> ClaimsIdentity | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.casefold() != "bearer" or not token.strip():
            return None
        try:
            claims = await validator.validate_token(token.strip())
        except (PyJWTError, ValueError, KeyError):  # a token without a key id is a KeyError
            return None
        is_channel = claims.get_claim_value("iss") == ISSUER
        return claims if is_channel and claims.get_claim_value("serviceurl") else None

    return identify
