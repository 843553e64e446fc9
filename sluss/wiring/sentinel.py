"""A child that does nothing: when it is ended by a signal, so are all processes around us.

Container platforms send SIGTERM to every process of a container. The tools, tests and runs that
die of it have found nothing; no exit code of theirs tells that apart, as a test may well end its
own children. What ends this one does.
"""

import subprocess
import sys
import time
from typing import Final, Self

WAITS: Final = "import sys; sys.stdin.read()"  # it ends by itself when we are gone
LASTS_S: Final = 5.0  # a stop would have come by then: somebody ended this child alone


class Sentinel:
    """``with Sentinel() as sentinel``: it stands until the end."""

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
        start_new_session=True,  # Ctrl-C in a terminal is for us alone
    )
