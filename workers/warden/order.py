"""What the warden is told to do, and what it says in the end: JSON on two pipes."""

import json
from typing import Final, NamedTuple

READ_ONLY: Final = "read only"
WRITABLE: Final = "writable"
LINK: Final = "link"


class Mount(NamedTuple):
    """``source`` is a path outside, or the text of a link."""

    source: str
    target: str
    kind: str = READ_ONLY


class Walls(NamedTuple):
    """All that a process sees. ``root`` is an empty folder outside; ``user`` is who it seems."""

    mounts: list[Mount]
    root: str
    user: int
    shared_mb: int  # of /dev/shm
    has_network: bool


class Order(NamedTuple):
    """``argv`` and ``env`` are final. ``stdin`` is a file; ``folder`` is all that may be filled.

    ``walls`` are for the warden to build; ``is_behind``: whoever builds them, there are some.
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
    tasks: int  # processes and threads, where the kernel can count them for one run
    is_behind: bool = False
    walls: Walls | None = None


class Verdict(NamedTuple):
    """``stopped`` is a value of core.tools.Stopped."""

    code: int
    seconds: float
    stopped: str = ""
    notes: tuple[str, ...] = ()


def order_from(line: bytes) -> Order:
    """JSON knows lists alone."""
    *parts, walls = json.loads(line)
    if not walls:
        return Order(*parts)
    mounts, *rest = walls
    return Order(*parts, Walls([Mount(*mount) for mount in mounts], *rest))
