"""The signature of MLflow's webhooks: HMAC-SHA256 over ``id.timestamp.body``, with a time window.

https://mlflow.org/docs/latest/ml/webhooks/ (it signs with the secret's bytes as they are, unlike
Standard Webhooks, which decodes them first)
"""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.errors import UnauthenticatedError
from handlers.credentials import is_one_of
from handlers.source import Headers

DELIVERY_ID: Final = "X-MLflow-Delivery-Id"
TIMESTAMP: Final = "X-MLflow-Timestamp"
SIGNATURE: Final = "X-MLflow-Signature"
WINDOW_S: Final = 300  # MLflow tries again for about 10 s, with the same timestamp

_SECONDS = re.compile(r"[0-9]{1,12}")


class Signature:
    """Either of two secrets may sign while one rotates; MLflow's retries bring the same headers."""

    signs_body = True

    def __init__(self, secrets: Sequence[str], *, window_s: int = WINDOW_S) -> None:
        self._secrets = [secret.encode() for secret in secrets if secret]
        self._window_s = window_s

    def check_headers(self, headers: Headers, now: datetime) -> None:
        timestamp = headers.get(TIMESTAMP, "")
        if not (headers.get(DELIVERY_ID) and headers.get(SIGNATURE)):
            raise UnauthenticatedError
        if not _SECONDS.fullmatch(timestamp):
            raise UnauthenticatedError
        if abs(now.timestamp() - int(timestamp)) > self._window_s:
            raise UnauthenticatedError

    def check_body(self, headers: Headers, body: bytes) -> None:
        start = f"{headers[DELIVERY_ID]}.{headers[TIMESTAMP]}.".encode(errors="surrogateescape")
        expected = [sign(secret, start + body) for secret in self._secrets]
        if not is_one_of(headers[SIGNATURE].encode(errors="surrogateescape"), expected):
            raise UnauthenticatedError


def sign(secret: bytes, content: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(secret, content, "sha256"))
