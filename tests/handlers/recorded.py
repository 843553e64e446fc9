"""Recorded-shape payloads, and the headers that each source sends with them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from multidict import CIMultiDict

PAYLOADS = Path(__file__).parents[1] / "payloads"
NOW = datetime(2026, 2, 3, 10, 11, 15, tzinfo=UTC)
SECRET = "a-long-enough-secret"
DELIVERY = "46067a95-f8c2-48c8-b6b1-18e06d4321ce"


def raw(source: str, name: str) -> bytes:
    return (PAYLOADS / source / f"{name}.json").read_bytes()


def changed(source: str, name: str, **fields: Any) -> bytes:
    """The payload with other top-level fields; None takes one away."""
    payload = json.loads(raw(source, name)) | fields
    return json.dumps({key: value for key, value in payload.items() if value is not None}).encode()


def resource_changed(name: str, **fields: Any) -> bytes:
    resource = json.loads(raw("azure_devops", name))["resource"]
    return changed("azure_devops", name, resource=resource | fields)


def basic(secret: str = SECRET, user: str = "sluss") -> CIMultiDict[str]:
    login = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return CIMultiDict({"Authorization": f"Basic {login}"})


def signed(
    body: bytes, *, secret: str = SECRET, delivery: str = DELIVERY, now: datetime = NOW
) -> CIMultiDict[str]:
    """As MLflow signs; ``now`` is when it did."""
    timestamp = str(int(now.timestamp()))
    content = f"{delivery}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return CIMultiDict(
        {
            "X-MLflow-Delivery-Id": delivery,
            "X-MLflow-Timestamp": timestamp,
            "X-MLflow-Signature": f"v1,{base64.b64encode(digest).decode()}",
        }
    )


def without(headers: Mapping[str, str], name: str) -> CIMultiDict[str]:
    return CIMultiDict({key: value for key, value in headers.items() if key != name})
