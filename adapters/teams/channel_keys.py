"""The keys that the channel signs with: fetched where its metadata says, and believed for a day.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm

from adapters.teams.settings import is_key_source
from core.errors import UnavailableError
from core.loopback import is_loopback

logger = logging.getLogger(__name__)

KEPT_S: Final = 24 * 3600.0  # a key that the channel has withdrawn counts no longer than this
AGAIN_S: Final = 60.0  # how often an unknown key id may make us ask anew
ANSWER_S: Final = 4.0  # for metadata and keys together: Teams waits some ten seconds for a click
LARGEST: Final = 1 << 20
WEAKEST_BITS: Final = 2048
SILENT: Final = (
    "The channel's keys cannot be had ({why}), so that no sender can be verified. Nothing was "
    "read; it is tried again with the next activity. If it stays so, look at "
    "SLUSS_TEAMS_OPENID_METADATA and at the way out to it."
)
FAULTS: Final = (
    aiohttp.ClientError,
    TimeoutError,
    msgspec.MsgspecError,
    ValueError,
    RecursionError,
)


class ChannelKey(msgspec.Struct, frozen=True):
    """A public key, and the channels that it may sign for."""

    public: RSAPublicKey
    endorsements: frozenset[str]


class _Metadata(msgspec.Struct, frozen=True):
    jwks_uri: str


class _KeySet(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


class ChannelKeys:
    """Past KEPT_S nothing is believed until the keys were fetched anew: it fails closed."""

    def __init__(self, metadata: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._metadata = metadata
        self._clock = clock
        self._turn = asyncio.Lock()
        self._keys: Mapping[str, ChannelKey] = {}
        self._fetched = self._asked_anew = -math.inf
        self._failures = 0
        self._has_failed = False  # the last attempt

    async def find(self, key_id: str) -> ChannelKey | None:
        """Return the key; None for one that the channel does not have.

        Raise UnavailableError where that cannot be known. A key that is known waits for nobody.
        """
        if not self._is_old() and key_id in self._keys:
            return self._keys[key_id]
        failures = self._failures
        async with self._turn:
            await self._look(key_id, failures)
        return self._keys.get(key_id)

    async def _look(self, key_id: str, failures: int) -> None:
        """Fetch where it helps; those who waited for a fetch that failed share its failure."""
        if key_id in self._keys and not self._is_old():
            return
        is_throttled = self._clock() - self._asked_anew < AGAIN_S and not self._is_old()
        if self._failures > failures or (is_throttled and self._has_failed):
            raise UnavailableError(SILENT.format(why="the last attempt failed"))
        if is_throttled:
            return
        await self._fetch()
        if key_id not in self._keys:
            self._asked_anew = self._clock()

    def _is_old(self) -> bool:
        return self._clock() - self._fetched >= KEPT_S

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                self._keys = await _keys_at(self._metadata)
        except FAULTS as error:
            self._failures += 1
            self._has_failed = True
            self._asked_anew = self._clock()
            why = type(error).__name__
            logger.warning("no keys", extra={"action": "chat_keys_unavailable", "error": why})
            raise UnavailableError(SILENT.format(why=why)) from None
        self._fetched, self._has_failed = self._clock(), False


async def _keys_at(metadata: str) -> Mapping[str, ChannelKey]:
    """Raise ValueError for an answer without a single usable key."""
    on_this_machine = is_loopback(urlsplit(metadata).hostname or "")
    async with aiohttp.ClientSession(trust_env=not on_this_machine) as session:
        place = msgspec.json.decode(await _get(session, metadata), type=_Metadata).jwks_uri
        found = msgspec.json.decode(await _get(session, place), type=_KeySet)
    usable = ((str(each.get("kid") or ""), _key(each)) for each in found.keys)
    keys = {key_id: key for key_id, key in usable if key_id and key is not None}
    if not keys:
        raise ValueError("no key")
    return keys


async def _get(session: aiohttp.ClientSession, url: str) -> bytes:
    if not is_key_source(url):
        raise ValueError("neither https nor this machine")
    async with session.get(url, allow_redirects=False, raise_for_status=True) as answer:
        body = bytearray()
        async for piece in answer.content.iter_chunked(1 << 16):
            body += piece
            if len(body) > LARGEST:
                raise ValueError("too large")
        return bytes(body)


def _key(said: dict[str, Any]) -> ChannelKey | None:
    """Return an RSA key for signatures, or None for any other: it is no reason to lose the rest."""
    endorsed = said.get("endorsements")
    names = endorsed if isinstance(endorsed, list) else []
    if said.get("kty") != "RSA" or said.get("use", "sig") != "sig":
        return None
    try:
        public = RSAAlgorithm.from_jwk({name: said[name] for name in ("kty", "n", "e")})
    except (PyJWTError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(public, RSAPublicKey) or public.key_size < WEAKEST_BITS:
        return None
    return ChannelKey(public, frozenset(name for name in names if isinstance(name, str)))
