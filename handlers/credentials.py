"""How a sender proves who it is: by headers alone, or by a signature over the body as well."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from core.errors import UnauthenticatedError
from handlers.source import Headers

USER: Final = "sluss"
SECRET_HEADER: Final = "X-Sluss-Secret"  # noqa: S105 - the header's name


class Credentials(Protocol):
    """Each check raises UnauthenticatedError. ``signs_body``: the headers alone prove nothing."""

    signs_body: bool

    def check_headers(self, headers: Headers, now: datetime) -> None: ...

    def check_body(self, headers: Headers, body: bytes) -> None: ...


class SharedSecret:
    """Basic auth, or a header with the secret: Azure DevOps signs nothing. Two while one rotates.

    https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks
    """

    signs_body = False

    def __init__(
        self, secrets: Sequence[str], *, user: str = USER, header: str = SECRET_HEADER
    ) -> None:
        present = [secret for secret in secrets if secret]  # an unset one must open nothing
        self._header = header
        self._secrets = [secret.encode() for secret in present]
        self._logins = [f"{user}:{secret}".encode() for secret in present]

    def check_headers(self, headers: Headers, now: datetime) -> None:  # noqa: ARG002 - the protocol's
        scheme, _, login = headers.get("Authorization", "").partition(" ")
        given = headers.get(self._header, "").encode(errors="surrogateescape")
        is_known = is_one_of(given, self._secrets)
        if scheme.casefold() == "basic":
            is_known |= is_one_of(_decoded(login), self._logins)
        if not is_known:
            raise UnauthenticatedError

    def check_body(self, headers: Headers, body: bytes) -> None:
        """Any body is taken, as nothing is signed."""


def is_one_of(given: bytes, known: Sequence[bytes]) -> bool:
    """Compare with every one, each in constant time: the time tells nothing about them."""
    matches = [hmac.compare_digest(given, each) for each in known]
    return any(matches)


def _decoded(login: str) -> bytes:
    try:
        return base64.b64decode(login, validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        return b""
