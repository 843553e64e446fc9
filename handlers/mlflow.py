"""MLflow's registry webhooks become hints: a reason to look at the registry, never a fact.

Payloads: https://mlflow.org/docs/latest/ml/webhooks/
"""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from core.events.base import Event
from core.events.outside import DeliveryIgnored, RegistryHinted
from handlers.fields import Name, Number, Text, in_utc
from handlers.signature import DELIVERY_ID
from handlers.source import Delivery, Envelope, Headers, Source, fingerprint

_ID = re.compile(r"[!-~]{1,100}")

NO_MODEL = "it is about a prompt, not about a model"


class RegistryHook(msgspec.Struct, frozen=True, kw_only=True):
    entity: Name
    action: Name
    timestamp: datetime | None = None


class Named(msgspec.Struct, frozen=True, kw_only=True):
    name: Name
    version: Text | Number | None = None


class ModelHook(RegistryHook, frozen=True, kw_only=True):
    data: Named


_hook = msgspec.json.Decoder(RegistryHook)


def envelope(headers: Headers, raw: bytes, _now: datetime) -> Envelope:
    """The delivery's id is signed, and stays the same when MLflow tries again."""
    hook = _hook.decode(raw)
    given = headers.get(DELIVERY_ID, "")
    delivery = given if _ID.fullmatch(given) else fingerprint(raw)
    return Envelope(type=f"{hook.entity}.{hook.action}", delivery=delivery)


source = Source("mlflow", envelope)


@source.on("registered_model*", ModelHook)
@source.on("model_version*", ModelHook)
def hinted(delivery: Delivery[ModelHook]) -> Iterator[Event]:
    named = delivery.body.data
    yield RegistryHinted(
        id=f"mlflow/{delivery.id}",
        time=in_utc(delivery.body.timestamp, delivery.received),
        model=named.name,
        version="" if named.version is None else str(named.version),
        what=delivery.type,
    )


@source.on("prompt*", RegistryHook)
def prompt(delivery: Delivery[RegistryHook]) -> Iterator[Event]:
    yield DeliveryIgnored(
        id=f"mlflow/{delivery.id}",
        time=in_utc(delivery.body.timestamp, delivery.received),
        what=delivery.type,
        reason=NO_MODEL,
    )
