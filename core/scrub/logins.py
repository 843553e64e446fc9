"""Finds the secrets inside settings: in addresses, connection strings and variables."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

LOGIN: Final = re.compile(r"://(?P<user>[^\s/:@]*)(?::(?P<password>[^\s/]*))?@")
PART: Final = re.compile(r"(?:^|;)\s*(?P<name>[^=;]+)=(?P<value>[^;]+)")
NAMED: Final = re.compile(r"PASSW|SECRET|TOKEN|KEY|CREDENTIAL|PWD|SIGNATURE|AUTH", re.IGNORECASE)
LONG_USER: Final = 20  # an account is shorter; a token may stand alone, before the host


def without_login(address: str) -> str:
    """Return an address as it may be shown: without user and password, and all that is no place."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=place, query="", fragment=""))


def logins(text: str) -> Iterator[str]:
    """Yield the passwords of the addresses in a text, and tokens that stand in a user's place."""
    for found in LOGIN.finditer(text):
        if found["password"]:
            yield found["password"]
        elif len(found["user"]) >= LONG_USER:
            yield found["user"]


def secrets_of(value: str) -> Iterator[str]:
    """Yield a secret, and the secrets inside it: it may be an address or a connection string."""
    yield value
    yield from logins(value)
    yield from (part["value"] for part in PART.finditer(value) if NAMED.search(part["name"]))


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets that variables hold: whole by their name, or as an address's password."""
    found = {
        secret
        for name, value in environ.items()
        for secret in (secrets_of(value) if _is_secret(name, value) else logins(value))
    }
    return tuple(sorted(found | {unquote(secret) for secret in found}))


def _is_secret(name: str, value: str) -> bool:
    """Tell it by the name; a path to a file with secrets is none, nor is a switch."""
    return bool(NAMED.search(name)) and not value.startswith("/") and "provider" not in name.lower()
