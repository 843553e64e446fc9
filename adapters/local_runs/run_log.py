"""The log of one run, as its page shows it and its folder keeps it."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.scrub import Scrubber

LOG_BYTES: Final = 10_000_000
LOG_FULL: Final = b"\n[the log is full: the rest is not kept]\n"


class RunLog:
    """The log of a run: secrets are masked, each line is written at once, its size is bounded."""

    def __init__(self, path: Path, secrets: Iterable[str], limit_bytes: int = LOG_BYTES) -> None:
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(log, "ab", buffering=0)
        self._scrubber = Scrubber(secrets)
        self._room = limit_bytes - self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.flush()
        self._file.close()

    def write(self, data: bytes) -> None:
        """Take what a program printed; once the log is full it is dropped without a look at it."""
        if self._room <= 0:
            return
        self._append(self._scrubber.feed(data))

    def say(self, text: str) -> None:
        """Write a line of our own, between those of the model."""
        self.flush()
        self.write(f"[sluss] {text}\n".encode())

    def flush(self) -> None:
        """Write the unended line that is held back, as the program that wrote it has ended."""
        self._append(self._scrubber.finish())

    def _append(self, data: bytes) -> None:
        if not data or self._room <= 0:
            return
        self._file.write(data[: self._room])
        self._room -= len(data)
        if self._room <= 0:
            self._file.write(LOG_FULL)
