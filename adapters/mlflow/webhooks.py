"""Installs our webhook in MLflow, and keeps it up to date, over its REST interface.

https://mlflow.org/docs/latest/ml/webhooks/
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import msgspec

from core.errors import DECODE_ERRORS, SettingsError, UnavailableError
from core.scrub import scrub

NAME: Final = "sluss"
PATH: Final = "/api/2.0/mlflow/webhooks"
TIMEOUT_S: Final = 5.0
DESCRIPTION: Final = "Tells Sluss that the registry has changed."

# The events that may change versions, stages or tags. MLflow sends none for a deleted version.
EVENTS: Final = (
    ("REGISTERED_MODEL", "CREATED"),
    ("MODEL_VERSION", "CREATED"),
    ("MODEL_VERSION_TAG", "SET"),
    ("MODEL_VERSION_TAG", "DELETED"),
    ("MODEL_VERSION_ALIAS", "CREATED"),
    ("MODEL_VERSION_ALIAS", "DELETED"),
)

UNREADABLE: Final = (
    "MLflow cannot read its own webhooks, and sends none: its encryption key has changed. "
    "Our webhook was not installed. Start MLflow with the MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY "
    "that it had before, or delete its webhooks in its database, then start again."
)
REFUSED: Final = (
    "MLflow refused our webhook: {reason} It was not installed, so registry changes are seen late. "
    "For an address inside the bank, MLflow needs MLFLOW_WEBHOOK_ALLOWED_SCHEMES and "
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS."
)
NO_ADDRESS: Final = (
    "MLflow's address is none of a web server (http:// or https://). Our webhook was not "
    "installed, so registry changes are seen late; set SLUSS_MLFLOW_URL to such an address."
)
SILENT: Final = (
    "MLflow does not answer. Our webhook was not installed; it is tried again by itself."
)

log = logging.getLogger(__name__)


class _Webhook(msgspec.Struct, frozen=True):
    webhook_id: str
    name: str


class _Page(msgspec.Struct, frozen=True):
    webhooks: list[_Webhook] = []
    next_page_token: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    message: str


async def install(uri: str, receiver: str, secret: str) -> None:
    """Make MLflow tell ``receiver`` of every registry change, signed with ``secret``.

    Repeating it is safe: one webhook of our name stays, with this address and this secret. MLflow
    never shows a secret, so it is always written. Raise SettingsError when MLflow refuses.
    """
    wanted = {
        "name": NAME,
        "description": DESCRIPTION,
        "url": receiver,
        "secret": secret,
        "status": "ACTIVE",
        "events": [{"entity": entity, "action": action} for entity, action in EVENTS],
    }
    if not uri.startswith(("http://", "https://")):
        raise SettingsError(NO_ADDRESS)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            await _keep_one(session, f"{uri.rstrip('/')}{PATH}", wanted)
    except aiohttp.InvalidURL:
        raise SettingsError(NO_ADDRESS) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UnavailableError(SILENT) from error
    log.info("MLflow webhook installed", extra={"action": "mlflow_webhook_installed"})


async def _keep_one(session: aiohttp.ClientSession, place: str, wanted: Mapping[str, Any]) -> None:
    """Create or update our webhook, and delete its twins, which two installs at once may leave."""
    ours = [webhook for webhook in await _all(session, place) if webhook.name == NAME]
    if not ours:
        await _call(session, "POST", place, wanted)
        return
    await _call(session, "PATCH", f"{place}/{ours[0].webhook_id}", wanted)
    for twin in ours[1:]:
        await _call(session, "DELETE", f"{place}/{twin.webhook_id}", {})


async def _all(session: aiohttp.ClientSession, place: str) -> list[_Webhook]:
    found: list[_Webhook] = []
    token = ""
    while True:
        async with session.get(place, params={"page_token": token} if token else {}) as answer:
            if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                raise SettingsError(UNREADABLE)
            page = await _read(answer)
        found.extend(page.webhooks)
        if not page.next_page_token:
            return found
        token = page.next_page_token


async def _call(
    session: aiohttp.ClientSession, method: str, url: str, body: Mapping[str, Any]
) -> None:
    async with session.request(method, url, json=body) as answer:
        await _read(answer)


async def _read(answer: aiohttp.ClientResponse) -> _Page:
    """Return the page, which only a list fills. Raise our error for a status of failure."""
    raw = await answer.read()
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UnavailableError(SILENT)
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise SettingsError(REFUSED.format(reason=_reason(raw)))
    try:
        return msgspec.json.decode(raw, type=_Page)
    except DECODE_ERRORS:  # not MLflow's answer: say, the sign-in page of a proxy
        raise SettingsError(REFUSED.format(reason="its answer cannot be read.")) from None


def _reason(raw: bytes) -> str:
    try:
        return scrub(msgspec.json.decode(raw, type=_Refusal).message)
    except DECODE_ERRORS:
        return "it gives no reason."
