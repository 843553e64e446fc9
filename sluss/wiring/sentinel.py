"""A child process that does nothing: when a signal ends it, all our processes were signalled.

Container platforms send SIGTERM to every process of a container. Tools, tests and runs that die of
it have found nothing, but their exit code does not tell, as a test may end its own children too.
The end of this child does tell.
"""

import subprocess
import sys
import time
from typing import Final, Self

WAITS: Final = "import sys; sys.stdin.read()"  # It ends by itself when its parent is gone.
LASTS_S: Final = 5.0  # A stop follows within this time; after it, somebody ended this child alone.


class Sentinel:
    """Keeps the child process alive within ``with Sentinel() as sentinel``."""

    def __init__(self) -> None:
        self._fell_at = 0.0
        self._process = _start()

    def has_fallen(self) -> bool:
        if self._process.poll() is None:
            return False
        now = time.monotonic()
        self._fell_at = self._fell_at or now
        if now - self._fell_at > LASTS_S:
            self._end()
            self._process, self._fell_at = _start(), 0.0
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (our own interpreter, fixed arguments)
        [sys.executable, "-I", "-S", "-c", WAITS],
        stdin=subprocess.PIPE,
        env={},
        start_new_session=True,  # Ctrl-C in a terminal must reach only us.
    )
