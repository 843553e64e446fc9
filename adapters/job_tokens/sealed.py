"""Keeps tokens of jobs as notes beside the ledger, sealed with a key that the store has not."""

import base64
import logging
from collections.abc import Sequence
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import DECODE_ERRORS, SettingsError
from core.ports import JobToken, Notes

log = logging.getLogger(__name__)

KEY_BYTES: Final = 32
SHORTEST: Final = 32
NOTE: Final = "check_token/"

TOO_SHORT: Final = (
    "The secret {name} is too short for a key: it must be a random one of at least 32 letters. "
    "Nothing was started; give it another one."
)
NOT_OPENED: Final = (
    "No key of ours (check_key, check_key_previous) opens the token of a check that waits, so that "
    "it cannot be answered. Ask for the check again in Azure Pipelines."
)


# The check's id is sealed, too: a token that is put under another one opens nothing.
_decoder = msgspec.msgpack.Decoder(JobToken)


def fernet(name: str, secret: str) -> Fernet:
    """Raise SettingsError, which never quotes it, for a secret that may be guessed."""
    if len(secret) < SHORTEST:
        raise SettingsError(TOO_SHORT.format(name=name))
    key = HKDF(SHA256(), KEY_BYTES, salt=None, info=NOTE.encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))


class SealedJobTokens:
    """Implements ``core.ports.JobTokens``. The first key seals; all of them open.

    Fernet: AES in CBC mode with an HMAC. https://github.com/fernet/spec
    Its time to live is not used, as that refuses what a clock that is a minute ahead has sealed.
    """

    def __init__(self, notes: Notes, keys: Sequence[Fernet]) -> None:
        self._notes = notes
        self._keys = MultiFernet(keys)

    async def keep(self, token: JobToken) -> None:
        if await self.find(token.check) is not None:
            return
        sealed = self._keys.encrypt(msgspec.msgpack.encode(token))
        await self._notes.keep_note(NOTE + token.check, sealed.decode())

    async def find(self, check: str) -> JobToken | None:
        kept = await self._notes.note(NOTE + check)
        return self._opened(check, kept) if kept is not None else None

    async def drop(self, check: str) -> None:
        await self._notes.drop_note(NOTE + check)

    def _opened(self, check: str, kept: str) -> JobToken | None:
        try:
            found = _decoder.decode(self._keys.decrypt(kept.encode()))
        except (InvalidToken, *DECODE_ERRORS):
            found = None
        if found is not None and found.check == check:
            return found
        log.warning(NOT_OPENED, extra={"action": "check_token_not_opened"})
        return None

    def __repr__(self) -> str:
        return "SealedJobTokens()"
