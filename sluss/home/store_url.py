"""Builds the store's URL from SLUSS_STORE_URL and the password's secret, and hides it in words."""

from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from core.errors import SettingsError

STORE_URL: Final = "SLUSS_STORE_URL"
STORE_PASSWORD: Final = "store_password"  # noqa: S105 - the name of a secret

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = frozenset({"postgresql", "postgresql+psycopg"})
_DRIVER: Final = "postgresql+psycopg"

BAD_URL: Final = (
    f"{STORE_URL} does not name a store: {{why}}. Nothing was started; give "
    "postgresql://user@host:5432/database, or sqlite:///path, or leave it out."
)


def store_url(home: Path, wanted: str, password: str) -> str:
    """Return the store's URL, a file of the home by default. No error shows what may be secret."""
    if not wanted:
        return f"{_SQLITE}{home / 'store.db'}"
    if wanted.startswith(_SQLITE) and len(wanted) > len(_SQLITE):
        return wanted
    try:
        found = urlsplit(wanted)
        # A port that is no number raises only when it is read.
        host, _ = found.hostname, found.port
    except ValueError:
        raise SettingsError(BAD_URL.format(why="it cannot be read")) from None
    if found.scheme not in _POSTGRESQL:
        raise SettingsError(BAD_URL.format(why="it is neither PostgreSQL's nor SQLite's"))
    if not (host and found.username and found.path.strip("/")):
        raise SettingsError(BAD_URL.format(why="user, host or database is missing"))
    place = found.netloc
    if password and found.password is None:
        user, _, server = place.rpartition("@")
        place = f"{user}:{quote(password, safe='')}@{server}"
    return found._replace(scheme=_DRIVER, netloc=place).geturl()


def is_file(url: str) -> bool:
    return url.startswith(_SQLITE)


def file_of(url: str) -> Path:
    return Path(url.removeprefix(_SQLITE))


def shown(url: str) -> str:
    """Return a form for people: the file, or host and database without user and password."""
    if is_file(url):
        return str(file_of(url))
    found = urlsplit(url)
    return f"postgresql://{found.netloc.rpartition('@')[2]}{found.path}"
