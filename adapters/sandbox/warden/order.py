"""The order that a warden gets, and the verdict that it gives in the end."""

import marshal

READ_ONLY = "read only"
WRITABLE = "writable"
LINK = "link"

Mount = tuple[str, str, str]  # a path outside or the text of a link, its place inside, the kind
SIZE_BYTES = 8


class WardenOrder:
    """All that the warden has to know.

    ``argv`` and ``env`` are final. ``stdin`` is the path of a file. ``folder`` is the only one that
    the process may fill, with ``disk_mb`` at most.

    ``mounts`` are all that the process sees of the machine, where the warden itself builds the
    walls, on the empty folder ``root``. ``is_behind`` is true behind any walls, bubblewrap's too.
    ``tasks`` limits the threads of all processes. ``user`` is the user id inside, ``outside`` what
    it is outside where that is not ours: only root may choose, else it is 0. ``groups`` are the
    folders of the control group to make, none where we may not. ``cpu_s`` is for all processes
    together; with 0 only the time is limited. ``way`` (``way.py``) and ``log_mb`` are of long runs.
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
    outside: int
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
    """Only the worker can write to the pipe that this comes from, so that ``marshal`` is safe."""
    return WardenOrder(**marshal.loads(data))  # noqa: S302


class WardenVerdict:
    """How the process ended; ``code`` is its exit code, or minus the number of a signal.

    ``stopped`` is a value of core.gate.tools.Stopped, or one that ``long_run.py`` adds.
    """

    def __init__(self, code: int, seconds: float, stopped: str = "", note: str = "") -> None:
        self.code = code
        self.seconds = seconds
        self.stopped = stopped
        self.note = note

    def encode(self) -> bytes:
        return f"{self.code}\n{self.seconds}\n{self.stopped}\n{self.note}".encode()


def verdict_from(data: bytes) -> WardenVerdict:
    """Parse an encoded verdict. Raise ValueError for anything else: code may have written it."""
    code, seconds, stopped, note = data.decode().split("\n")
    return WardenVerdict(int(code), float(seconds), stopped, note)
