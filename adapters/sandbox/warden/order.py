"""What the warden is told to do, and what it says in the end."""

import marshal

READ_ONLY = "read only"
WRITABLE = "writable"
LINK = "link"

Mount = tuple[str, str, str]  # a path outside or the text of a link, its place inside, the kind
SIZE_BYTES = 8


class WardenOrder:
    """The warden gets all that it has to know with this.

    ``argv`` and ``env`` are final. ``stdin`` is a file; ``folder`` is all that may be filled.

    ``mounts`` are all that the process sees of the machine, where the warden builds the walls: on
    ``root``, an empty folder. ``is_behind``: whoever builds walls, there are some. ``tasks`` are
    the threads of all processes; ``user`` is who it seems to be. ``groups`` are the folders of the
    control group to be made for it, none where the machine does not let us. ``nice``: how far it
    gives way to others. ``cpu_s`` is for all its processes together, 0 for no limit but that of the
    time. ``way`` and ``log_mb`` are of long runs: see ``way.py`` and ``long_run.py``.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdin: str
    folder: str
    seconds: float
    cpu_s: float
    memory_mb: int
    disk_mb: int
    shared_mb: int
    processes: int
    tasks: int
    user: int
    root: str
    has_network: bool
    is_behind: bool
    mounts: list[Mount]
    groups: list[str]
    nice: int
    look_every_ms: int
    log_mb: int
    way: str

    def __init__(self, **fields: object) -> None:
        assert fields.keys() == WardenOrder.__annotations__.keys()
        self.__dict__.update(fields)

    def encode(self) -> bytes:
        data = marshal.dumps(self.__dict__)
        return len(data).to_bytes(SIZE_BYTES, "big") + data


def decode(data: bytes) -> WardenOrder:
    """The worker's own words: nobody else can write to that pipe."""
    return WardenOrder(**marshal.loads(data))  # noqa: S302


class WardenVerdict:
    """The warden says with this how it ended.

    ``code`` is negative for a signal; ``stopped`` is a value of core.gate.tools.Stopped, or one of
    the words that ``long_run.py`` has beside them.
    """

    def __init__(self, code: int, seconds: float, stopped: str = "", note: str = "") -> None:
        self.code = code
        self.seconds = seconds
        self.stopped = stopped
        self.note = note

    def encode(self) -> bytes:
        return f"{self.code}\n{self.seconds}\n{self.stopped}\n{self.note}".encode()


def verdict_from(data: bytes) -> WardenVerdict:
    """Raise ValueError for anything else: what reads it trusts nobody."""
    code, seconds, stopped, note = data.decode().split("\n")
    return WardenVerdict(int(code), float(seconds), stopped, note)
