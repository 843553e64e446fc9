"""Runs a repository's tests with the model's own Python, and records what happened.

It goes into the sandbox as a file, and must run on every Python that a model may have (3.8 on).
"""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, List, NamedTuple, Set, Tuple  # noqa: UP035 - Python 3.8

NO_TOOLS = 97  # The exit code when pytest or coverage cannot be imported, which is our fault.


class TestRun(NamedTuple):
    """The arguments of one test run; ``mark`` is the name by which its report is known."""

    repo: str
    out: str
    tools: str
    sources: str
    tests: str
    mark: str


class Attempts:
    """Records what tests try outside of their folders, even where they hide the failure.

    It hears of it by audit events (https://docs.python.org/3/library/audit_events.html), which show
    mistakes but can be evaded: only the sandbox holds against malice.
    """

    def __init__(self, path: Path, inside: Tuple[str, ...]) -> None:  # noqa: UP006
        self.test = ""
        self._file = path.open("w", buffering=1, encoding="utf-8")
        self._inside = inside
        self._seen: Set[str] = set()  # noqa: UP006

    def __call__(self, event: str, given: Tuple[Any, ...]) -> None:  # noqa: UP006
        if event not in WATCHED:
            return
        try:
            what = getattr(self, WATCHED[event])(*given)
        except (OSError, ValueError, TypeError):
            return  # The call itself is about to fail.
        if what and what not in self._seen and len(self._seen) < MOST_ATTEMPTS:
            self._seen.add(what)
            self._file.write(f"{self.test}\t{what}\n")

    def _open(self, path: Any, _mode: Any, flags: int) -> str:
        full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - resolve() would open more
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return "" if full.startswith(self._inside) else f"tried to write {full}"
        is_of_others = full.startswith("/proc/") and full.endswith(("/environ", "/mem"))
        return f"tried to read {full}" if full in SECRET or is_of_others else ""

    def _connect(self, _socket: Any, address: Any) -> str:
        return self._look_up(address[0]) if isinstance(address, tuple) else ""

    def _look_up(self, host: Any, *_: Any) -> str:
        name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
        here = ("localhost", "127.", "::1", "0.0.0.0", os.uname().nodename)  # noqa: S104
        is_here = name.startswith(here)
        return "" if is_here else f"tried to reach {name} by the network"

    def _kill(self, process: int, number: int) -> str:
        is_others = number != 0 and process in {-1, 1, os.getppid()}
        return f"tried to end a process that is not its own ({process})" if is_others else ""


MOST_ATTEMPTS = 50
SECRET = ("/etc/passwd", "/etc/shadow", "/etc/group")
WATCHED = {
    "open": "_open",
    "socket.connect": "_connect",
    "socket.getaddrinfo": "_look_up",
    "os.kill": "_kill",
    "os.killpg": "_kill",
}


class TestWatch:
    """Starts measuring coverage before the repository's first line, and records each test's start.

    When a run writes no report, this record is all that is known.
    """

    def __init__(self, run: TestRun, measured: Any) -> None:
        self._measured = measured
        progress = Path(run.out, "progress.txt")
        self._file = progress.open("w", buffering=1, encoding="utf-8")
        inside = (run.repo, run.out, tempfile.gettempdir(), str(Path.home()), "/dev/", "/proc/self")
        self._attempts = Attempts(Path(run.out, "attempts.txt"), inside)

    def pytest_load_initial_conftests(self) -> None:
        sys.addaudithook(self._attempts)
        self._measured.start()

    def pytest_collection_finish(self, session: Any) -> None:
        self._file.write(f"{len(session.items)}\n")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._attempts.test = nodeid
        self._file.write(f"{nodeid}\n")


class CoverageOptions:
    """Accepts pytest-cov's options in a repository's settings, as we measure coverage ourselves."""

    def pytest_addoption(self, parser: Any) -> None:
        group = parser.getgroup("coverage")
        for name in ("", "-report", "-config", "-context", "-fail-under", "-precision"):
            group.addoption(f"--cov{name}", action="append", nargs="?", const="")
        for name in ("--cov-append", "--cov-branch", "--cov-reset", "--no-cov", "--no-cov-on-fail"):
            group.addoption(name, action="store_true")


def main(run: TestRun) -> int:
    sys.path.append(run.tools)  # last, so that the model's own versions win
    try:
        import coverage  # type: ignore[import-not-found]  # noqa: PLC0415
        import pytest  # noqa: PLC0415
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return NO_TOOLS
    # Runs and "python -m pytest" look here first; a coverage.py there is the model's own.
    sys.path[:0] = [str(Path(run.repo, run.sources)), run.repo]
    sources, tests = str(Path(run.repo, run.sources)), str(Path(run.repo, run.tests, "*"))
    measured = coverage.Coverage(data_file=None, config_file=False, source=[sources], omit=[tests])
    measured.set_option("run:disable_warnings", ["no-data-collected"])
    plugins = [TestWatch(run, measured), CoverageOptions()]
    code = pytest.main(options(run), plugins)
    measured.stop()
    try:
        measured.json_report(outfile=str(Path(run.out, "coverage.json")))
    except coverage.CoverageException as error:
        sys.stderr.write(f"{error}\n")
    return int(code)


def options(run: TestRun) -> List[str]:  # noqa: UP006 - Python 3.8
    """Return the options; they come after the repository's own, so they win."""
    alone = ["-n", "0"] if importlib.util.find_spec("xdist") else []  # coverage sees one process
    return [
        "-q", "--color=no", "--tb=short", "-p", "no:cacheprovider", "-p", "no:pytest_cov", *alone,
        f"--rootdir={run.repo}", f"--junitxml={Path(run.out, 'junit.xml')}",
        "-o", "junit_family=xunit1", "-o", f"junit_suite_name={run.mark}",
        str(Path(run.repo, run.tests)),
    ]  # fmt: skip


if __name__ == "__main__":
    ended = main(TestRun(*sys.argv[1:]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended)  # a thread that a test has left behind would keep the process for ever
