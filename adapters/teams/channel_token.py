"""Verifies the token that the channel sends with each activity, before anything of it is read.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

import time
from collections.abc import Callable
from typing import Final

import jwt
import msgspec

from adapters.teams.channel_keys import ChannelKeys
from adapters.teams.settings import CHANNEL, ISSUER

ALGORITHM: Final = "RS256"
LONGEST_S: Final = 24 * 3600  # the life of a token; the channel's own live an hour
SKEW_S: Final = 60
BROKEN: Final = (jwt.PyJWTError, msgspec.MsgspecError, ValueError, RecursionError)


class _Claims(msgspec.Struct, frozen=True):
    """The claims that we read, each with its one type; ``exp`` has to be there."""

    iss: str
    aud: str
    exp: int
    nbf: int | None = None
    iat: int | None = None
    serviceurl: str = ""
    service_url: str = msgspec.field(default="", name="serviceUrl")

    @property
    def place(self) -> str:
        """Where answers go: the channel writes one of the two names, and never two places."""
        named = {url for url in (self.serviceurl, self.service_url) if url}
        return named.pop() if len(named) == 1 else ""

    def is_in_time(self, now: float) -> bool:
        """Ask that it has begun, has not ended, and lives a day at most, however it is counted."""
        begun = [moment for moment in (self.nbf, self.iat) if moment is not None]
        begins = min(begun, default=min(int(now), self.exp - 1))
        has_begun = all(moment <= now + SKEW_S for moment in begun)
        is_short = 0 < self.exp - begins <= LONGEST_S and self.exp - now <= LONGEST_S
        return has_begun and is_short and now < self.exp + SKEW_S


class ChannelTokens:
    """Believes what the channel has signed for this bot, with a key that is endorsed for Teams."""

    def __init__(
        self, keys: ChannelKeys, app_id: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._app_id = app_id
        self._clock = clock

    async def service_url(self, authorization: str) -> str | None:
        """Return where the token says that answers go; None when it is not to be believed.

        Raise UnavailableError where that cannot be known, as the keys cannot be had.
        """
        kind, _, token = authorization.partition(" ")
        key_id = _key_id(token) if kind.casefold() == "bearer" else None
        key = await self._keys.find(key_id) if key_id else None
        if key is None or CHANNEL not in key.endorsements:
            return None
        try:
            signed = jwt.api_jws.decode(token, key.public, algorithms=[ALGORITHM])
            claims = msgspec.json.decode(signed, type=_Claims)
        except BROKEN:
            return None
        is_for_us = (claims.iss, claims.aud) == (ISSUER, self._app_id)
        is_good = is_for_us and claims.is_in_time(self._clock())
        return claims.place or None if is_good else None


def _key_id(token: str) -> str | None:
    """Return the key that the token names; None costs no question to anybody."""
    try:
        header = jwt.get_unverified_header(token)
    except BROKEN:
        return None
    if header.get("alg") != ALGORITHM or "crit" in header or "b64" in header:
        return None
    return str(header.get("kid") or "") or None
