"""Turns what the model's code raises into a message for the person who can mend it."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_MESSAGE = 400


class StepFailureError(Exception):
    """The step has failed; the message tells a person why, and what to do."""


@contextmanager
def blaming(what: str, root: Path) -> Iterator[None]:
    """Raise StepFailureError for anything that the model's code raises, ``SystemExit`` too.

    ``what`` begins the message; the traceback goes to the log alone.
    """
    try:
        yield
    except StepFailureError:
        raise
    except BaseException as error:  # noqa: BLE001 (foreign code: nothing of it may pass)
        traceback.print_exc()
        sys.stderr.flush()
        raise StepFailureError(f"{what} raised {_named(error)}{_place(error, root)}.") from None


def _named(error: BaseException) -> str:
    message = first_line(error)
    kind = type(error).__name__
    return f"{kind}: {message}".removesuffix(".") if message else kind


def first_line(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines() or [""]
    except Exception:  # noqa: BLE001 (a __str__ of the model's own)
        return ""
    return lines[0][:LONGEST_MESSAGE]


def _place(error: BaseException, root: Path) -> str:
    """Name the innermost line of the model's own code, with its path in the repository."""
    if isinstance(error, SyntaxError) and (own := _within(error.filename or "", root)):
        return f" at {own}:{error.lineno or 1}"
    frames = traceback.extract_tb(error.__traceback__)
    own_frames = [(own, frame.lineno) for frame in frames if (own := _within(frame.filename, root))]
    if not own_frames:
        return ""
    path, line = own_frames[-1]
    return f" at {path}:{line}"


def _within(path: str, root: Path) -> str:
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
    return "" if relative.startswith("..") else Path(relative).as_posix()
