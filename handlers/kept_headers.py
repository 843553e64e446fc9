"""Which headers of a rejected delivery are kept: every name, and the values that open nothing."""

from typing import Final

from handlers.source import Headers

# Known ones, not all but the credentials: a subscription may send its secret under any name.
HARMLESS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "expect",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-mlflow-delivery-id",
        "x-mlflow-timestamp",
    }
)
MOST: Final = 50
LONGEST: Final = 200

NOT_KEPT: Final = "(not kept)"


def kept_headers(headers: Headers) -> dict[str, str]:
    """Small enough for the event, and text: aiohttp leaves other bytes as lone surrogates."""
    return {
        _text(name): _text(value) if name.casefold() in HARMLESS else NOT_KEPT
        for name, value in list(headers.items())[:MOST]
    }


def _text(value: str) -> str:
    return value[:LONGEST].encode(errors="backslashreplace").decode()
