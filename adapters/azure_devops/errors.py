"""Raises our own errors for what Azure DevOps answers, each with what mends it."""

import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import msgspec

from adapters.azure_devops.rights import Right
from core.errors import GoneError, SlussError, StepFailedError, UnavailableError
from core.scrub import scrub

CLOSED_S: Final = 300.0  # until somebody has mended a sign-in, it is tried now and then
LONGEST_SAID: Final = 300
LONGEST_PAUSE_S: Final = 15 * 60.0  # a clock that is wrong must not stop us for a day

RETRY_AFTER: Final = "Retry-After"
DELAY: Final = "X-RateLimit-Delay"
REMAINING: Final = "X-RateLimit-Remaining"
RESET: Final = "X-RateLimit-Reset"

SIGN_IN: Final = (
    "Azure DevOps does not let us in{how}, so that nobody could {what}. Nothing was lost, and it "
    "is tried again by itself. Look whether the token (secret azure_devops_token) has expired or "
    "lacks a scope ({right}), or whether the identity (SLUSS_IDENTITY) is a user of the "
    "organisation with the access level Basic."
)
MISSING: Final = (
    "Azure DevOps does not let us {what}: the right is missing ({right}). It was not done. Give it "
    "to the identity that Sluss signs in with, then try again."
)
NOT_THERE: Final = (
    "Azure DevOps has nothing there, or does not show it to us, so that nobody could {what}. It "
    "was not done. Look whether it was deleted, moved or disabled, and whether Sluss has the "
    "right ({right})."
)
AT_ONCE: Final = (
    "Somebody else changed it at the same moment, so that nobody could {what}. Nothing was lost; "
    "it is tried again by itself."
)
BUSY: Final = (
    "Azure DevOps asks us to wait, so that nobody could {what} yet. Nothing was lost; it is tried "
    "again by itself{after}."
)
DOWN: Final = (
    "Azure DevOps does not answer ({how}), so that nobody could {what}. Nothing was lost; it is "
    "tried again by itself."
)
UNREACHED: Final = (
    "No server is reached at the address of Azure DevOps, so that nobody could {what}. Nothing was "
    "lost; it is tried again by itself. Look whether SLUSS_AZURE_DEVOPS is right, and how a proxy "
    "is reached (HTTPS_PROXY)."
)
STRANGE: Final = (
    "The address of Azure DevOps gives an answer that is not its own ({how}), so that nobody could "
    "{what}. Nothing was lost, and it is tried again by itself. Look whether SLUSS_AZURE_DEVOPS is "
    "right, and whether a proxy or a sign-in stands before it."
)
REFUSED: Final = (
    "Azure DevOps refused to {what}: {said} It was not done; mend that, then try again."
)

CUT: Final = "the connection was cut"
LATE: Final = "it took too long"
UNTRUSTED: Final = "its certificate is not trusted"

OUT_OF_RANGE: Final = "VssVersionOutOfRangeException"
LATER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class RightMissingError(StepFailedError):
    """Azure DevOps knows us and does not let us do it. Give the right, then try again."""


class NotThereError(GoneError):
    """Azure DevOps has nothing there, or does not show it to us. Bring it back, then try again.

    ``key`` is what Azure DevOps calls it, such as GitRepositoryNotFoundException.
    """

    def __init__(self, message: str = "", *, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class SignedOutError(UnavailableError):
    """Azure DevOps does not let us in. Nothing was lost; look at the token, then it is tried again.

    It says the same of a token that lacks the scope of this call alone.
    """


class TooNewError(StepFailedError):
    """The server has not this version of its API yet. Nothing was done; an older one is asked."""


class ConflictError(UnavailableError):
    """Somebody else changed it at the same moment. Nothing was lost; it is tried again."""


class Purpose(msgspec.Struct, frozen=True):
    """What was asked of Azure DevOps, to follow "nobody could", and the right that it takes."""

    right: Right
    what: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it came; ``body`` is read only where something is wrong with it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_html(self) -> bool:
        return "html" in self.headers.get("Content-Type", "").casefold()


class _Said(msgspec.Struct, frozen=True, rename="camel"):
    message: str = ""
    type_key: str = ""


def refusal(answer: Answer, wanted: Purpose) -> SlussError | None:
    """Return the error to raise for an answer, or None for one that brings what was asked for."""
    status = answer.status
    if status == HTTPStatus.NON_AUTHORITATIVE_INFORMATION or _is_redirect(status):
        return signed_out(wanted, " (it shows a page to sign in)")
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return strange(wanted, "a web page") if answer.is_html else None
    if status == HTTPStatus.UNAUTHORIZED:
        return signed_out(wanted, "")
    if status == HTTPStatus.FORBIDDEN:
        return RightMissingError(MISSING.format(what=wanted.what, right=wanted.right))
    if status in GONE:
        text = NOT_THERE.format(what=wanted.what, right=wanted.right)
        return NotThereError(text, key=_said(answer.body).type_key)
    if status == HTTPStatus.CONFLICT:
        return ConflictError(AT_ONCE.format(what=wanted.what))
    return _other(answer, wanted)


def _other(answer: Answer, wanted: Purpose) -> SlussError:
    status = answer.status
    pause = asked_pause(answer.headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return busy(wanted, pause)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in LATER:
        text = DOWN.format(how=f"HTTP {status}", what=wanted.what)
        return UnavailableError(text, retry_after_s=pause or None)
    told = _said(answer.body)
    said = scrub(told.message)[:LONGEST_SAID].strip() or f"HTTP {status}."
    kind = TooNewError if told.type_key == OUT_OF_RANGE else StepFailedError
    return kind(REFUSED.format(what=wanted.what, said=said))


def signed_out(wanted: Purpose, how: str) -> SignedOutError:
    text = SIGN_IN.format(how=how, what=wanted.what, right=wanted.right)
    return SignedOutError(text, longest_s=CLOSED_S)


def busy(wanted: Purpose, pause_s: float) -> UnavailableError:
    after = f" in {pause_s:.0f} seconds" if pause_s else ""
    text = BUSY.format(what=wanted.what, after=after)
    return UnavailableError(text, retry_after_s=pause_s or None)


def silent(wanted: Purpose, how: str) -> UnavailableError:
    return UnavailableError(DOWN.format(how=how, what=wanted.what))


def unreached(wanted: Purpose) -> UnavailableError:
    return UnavailableError(UNREACHED.format(what=wanted.what))


def strange(wanted: Purpose, how: str) -> UnavailableError:
    return UnavailableError(STRANGE.format(how=how, what=wanted.what), longest_s=CLOSED_S)


def asked_pause(headers: Mapping[str, str]) -> float:
    """Return for how many seconds an answer asks us to wait; 0.0 for one that does not."""
    asked = _seconds(headers.get(RETRY_AFTER, "")) or _number(headers.get(DELAY, ""))
    if not asked and headers.get(REMAINING, "").strip() == "0":
        asked = _number(headers.get(RESET, "")) - time.time()
    return min(max(0.0, asked), LONGEST_PAUSE_S)


def _is_redirect(status: int) -> bool:
    return HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST


def _said(body: bytes) -> _Said:
    """Read what Azure DevOps says of an error; a proxy before it may say anything."""
    try:
        return msgspec.convert(json.loads(body), _Said)
    except (ValueError, msgspec.ValidationError, RecursionError):
        return _Said()


def _seconds(value: str) -> float:
    """Read a number of seconds, or a date."""
    found = _number(value)
    if found or not value:
        return found
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 0.0
    zoned = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (zoned - datetime.now(UTC)).total_seconds()


def _number(value: str) -> float:
    try:
        found = float(value)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0
