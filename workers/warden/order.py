"""What the warden is told to do, and what it says in the end: JSON on two pipes."""

from typing import NamedTuple


class Order(NamedTuple):
    """``argv`` and ``env`` are final. ``stdin`` is a file; ``folder`` is all that may be filled.

    ``in_namespace``: the kernel tells a signal as 128 more than its number.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdin: str
    folder: str
    seconds: float
    memory_mb: int
    disk_mb: int
    processes: int
    in_namespace: bool = False


class Verdict(NamedTuple):
    """``stopped`` is a value of core.tools.Stopped."""

    code: int
    seconds: float
    stopped: str = ""
    notes: tuple[str, ...] = ()
