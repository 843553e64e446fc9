"""One process per home: a second one would take the first one's messages and leases."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import SettingsError

TAKEN = "Another Sluss runs on {home}. Nothing was done; end it first, or give another --home."


@contextmanager
def one_process(home: Path) -> Iterator[None]:
    """The lock ends with the process, however that ends."""
    with (home / "sluss.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(TAKEN.format(home=home)) from None
        yield
