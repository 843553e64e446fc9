"""Keeps secrets out of what a process says: log lines, tracebacks and the errors of a command."""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Final

from core.scrub import KnownSecrets, scrub, secrets_in, secrets_of
from core.typed_text import clean
from sluss.home.settings import Settings

FORM: Final = "%(levelname)s %(name)s: %(message)s"


class ScrubbedFormatter(logging.Formatter):
    """Masks what looks like a secret, and those that the start knows once its settings are read."""

    secrets = KnownSecrets()

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record), self.secrets)


def begin_scrubbed() -> None:
    """Log to standard error, scrubbed."""
    handler = logging.StreamHandler()
    handler.setFormatter(ScrubbedFormatter(FORM))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    threading.excepthook = _of_thread


def known_secrets(settings: Settings) -> tuple[str, ...]:
    """Return every secret that a start knows, for whoever writes what others may read."""
    addresses = {settings.store_url, settings.mlflow_url, settings.service_bus}
    given = (*settings.secrets.values(), *addresses)
    found = {secret for each in given for secret in secrets_of(each)}
    return tuple(sorted((found - addresses) | set(secrets_in(settings.tool_environment))))


def know(secrets: KnownSecrets) -> None:
    """Mask these from now on, in every line that this process logs."""
    ScrubbedFormatter.secrets = secrets


def tell(text: str) -> None:
    """Write an error; it may quote a forged file, in which a terminal would find orders."""
    sys.stderr.write(scrub(clean(text), ScrubbedFormatter.secrets) + "\n")


def tell_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Take the place of ``sys.excepthook``: an error's message may quote what it was given."""
    tell("".join(traceback.format_exception(kind, error, trace)).rstrip())


def _of_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        tell_uncaught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
