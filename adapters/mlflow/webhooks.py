"""Installs our webhook in MLflow, and keeps it up to date, over its REST interface.

https://mlflow.org/docs/latest/ml/webhooks/
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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
    "Our webhook was not installed, so registry changes are seen late. Start MLflow with the "
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY that it had before, or delete the webhooks in its "
    "database."
)
REFUSED: Final = (
    "MLflow refused our webhook: {reason} It was not installed, so registry changes are seen late. "
    "For an address inside the bank, MLflow needs MLFLOW_WEBHOOK_ALLOWED_SCHEMES and "
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS."
)
CLOSED: Final = (
    "MLflow does not let us in ({status}). Our webhook was not installed, so registry changes are "
    "seen late; give SLUSS_MLFLOW_URL an account that may manage webhooks."
)
NOT_THERE: Final = (
    "MLflow's address has no webhooks (404). Ours was not installed, so registry changes are seen "
    "late; look whether SLUSS_MLFLOW_URL is right, and whether that MLflow is 3.3 or newer."
)
LEADS_AWAY: Final = (
    "MLflow's address leads to another one ({status}), where our secret was not sent. Our webhook "
    "was not installed, so registry changes are seen late; set SLUSS_MLFLOW_URL to where MLflow is."
)
NOT_ITS_ANSWER: Final = (
    "MLflow's address gives an answer ({status}) that is not MLflow's. Our webhook was not "
    "installed, so registry changes are seen late; look whether SLUSS_MLFLOW_URL is right, and "
    "whether a sign-in stands before MLflow."
)
NO_ADDRESS: Final = (
    "MLflow's address is none of a web server (http:// or https://). Our webhook was not "
    "installed, so registry changes are seen late; set SLUSS_MLFLOW_URL to such an address."
)
SILENT: Final = (
    "MLflow does not answer. Our webhook was not installed; it is tried again by itself."
)
BUSY: Final = (
    "MLflow cannot take our webhook now ({status}). It was not installed; it is tried again by "
    "itself."
)
LATER: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
LONGEST_ANSWER: Final = 1 << 20
MOST_PAGES: Final = 100
MOST_ASKED_S: Final = 3600.0

log = logging.getLogger(__name__)


class _Webhook(msgspec.Struct, frozen=True):
    webhook_id: str
    name: str


class _Page(msgspec.Struct, frozen=True):
    webhooks: list[_Webhook] = []
    next_page_token: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    """MLflow says this of every failure; newer versions add further keys."""

    message: str
    error_code: str = ""


# What MLflow says where it cannot decrypt: the error of its library has no words.
WITHOUT_WORDS: Final = _Refusal(message="", error_code="INTERNAL_ERROR")


async def install(uri: str, receiver: str, secret: str) -> None:
    """Make MLflow tell ``receiver`` of every registry change, signed with ``secret``.

    Repeating it is safe: one webhook of our name stays, with this address and this secret. MLflow
    never shows a secret, so it is always written. Raise UnavailableError for what passes by itself,
    and SettingsError for what somebody has to mend.
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
    except (aiohttp.InvalidURL, UnicodeError):  # a name of no host
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
    for _ in range(MOST_PAGES):
        params = {"page_token": token} if token else {}
        async with session.get(place, params=params, allow_redirects=False) as answer:
            page = await _read(answer)
        found.extend(page.webhooks)
        if not page.next_page_token:
            return found
        token = page.next_page_token
    raise SettingsError(NOT_ITS_ANSWER.format(status="a list without end"))


async def _call(
    session: aiohttp.ClientSession, method: str, url: str, body: Mapping[str, Any]
) -> None:
    async with session.request(method, url, json=body, allow_redirects=False) as answer:
        await _read(answer)


async def _read(answer: aiohttp.ClientResponse) -> _Page:
    """Return the page, which only a list fills. Raise our error for a status of failure."""
    raw = await _body(answer)
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise _refusal(answer, raw)
    try:
        return msgspec.json.decode(raw, type=_Page)
    except DECODE_ERRORS:  # not MLflow's answer: say, the sign-in page of a proxy
        raise SettingsError(NOT_ITS_ANSWER.format(status=answer.status)) from None


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for part in answer.content.iter_any():
        raw += part
        if len(raw) > LONGEST_ANSWER:
            raise SettingsError(NOT_ITS_ANSWER.format(status=answer.status))
    return bytes(raw)


def _refusal(answer: aiohttp.ClientResponse, raw: bytes) -> SettingsError | UnavailableError:
    """Tell what passes by itself from what somebody has to mend, and say what to do."""
    status = answer.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and _read_refusal(raw) == WITHOUT_WORDS:
        return SettingsError(UNREADABLE)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in LATER:
        asked_s = retry_after(answer.headers.get("Retry-After", ""), datetime.now(UTC))
        return UnavailableError(BUSY.format(status=status), retry_after_s=asked_s)
    if status < HTTPStatus.BAD_REQUEST:
        return SettingsError(LEADS_AWAY.format(status=status))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SettingsError(CLOSED.format(status=status))
    if status == HTTPStatus.NOT_FOUND:
        return SettingsError(NOT_THERE)
    refusal = _read_refusal(raw)
    if refusal is None:
        return SettingsError(NOT_ITS_ANSWER.format(status=status))
    return SettingsError(REFUSED.format(reason=scrub(refusal.message)))


def retry_after(header: str, now: datetime) -> float | None:
    """Return the seconds that a server asks for, as a number or a time; an hour at most.

    What cannot be read asks for nothing.
    """
    if header.isascii() and header.isdecimal():
        return min(float(header), MOST_ASKED_S)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # no time, or one with a number beyond all calendars
        return None
    asked_s = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return min(max(asked_s, 0.0), MOST_ASKED_S)


def _read_refusal(raw: bytes) -> _Refusal | None:
    try:
        return msgspec.json.decode(raw, type=_Refusal)
    except DECODE_ERRORS:
        return None
