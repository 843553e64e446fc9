"""Opens the place where tokens of jobs wait, with the keys of the start."""

from cryptography.fernet import Fernet

from adapters.job_tokens.sealed import SealedJobTokens, fernet
from core.ports import JobTokens, Notes
from sluss.home.settings import CHECK_KEY, CHECK_KEY_BEFORE, Settings


def open_job_tokens(settings: Settings, notes: Notes) -> JobTokens:
    return SealedJobTokens(notes, open_keys(settings))


def open_keys(settings: Settings) -> list[Fernet]:
    """Return the key that seals, then the one before. Raise SettingsError for one that is none."""
    given = {CHECK_KEY: settings.secrets.secret(CHECK_KEY)}
    if before := settings.secrets.find(CHECK_KEY_BEFORE):
        given[CHECK_KEY_BEFORE] = before
    return [fernet(name, key) for name, key in given.items()]
