"""Makes the file of a SQLite database for its owner alone."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

ALONE: Final = 0o600
OTHERS: Final = 0o077


def keep_private(path: Path) -> None:
    """Make the file, or take the rights of others from it. What is wrong with it SQLite says.

    A file that is there is never opened: to close it again would end the locks that SQLite has on
    it in this process, and the next process that closes the database would take away its log.
    https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, ALONE))
    with suppress(OSError):
        if path.stat().st_mode & OTHERS:
            path.chmod(ALONE)
