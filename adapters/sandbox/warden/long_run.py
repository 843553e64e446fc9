"""The warden of a long run, which outlives the process that started it.

Its lock, log and result lie in the run's folder, where later processes read them. It holds the lock
for as long as it lives: a free lock without a result means that the run is lost. A file ``asked``
in the folder asks it to end the run.
"""
# Importing pathlib takes longer than all that is done here.
# ruff: noqa: PTH104, PTH110, PTH123

import contextlib
import fcntl
import os
import select
import signal
import socket
import time

from adapters.sandbox.warden import kernel, processes
from adapters.sandbox.warden.order import WardenOrder, WardenVerdict
from adapters.sandbox.warden.warden import CONTROL, Company, read_order, supervise
from adapters.sandbox.warden.watch import Breach

OWNER, RESULT, LOG, ASKED = "owner", "result", "log", "asked"
MB = 1024 * 1024
BLOCK = 64 * 1024
STOPPING_S = 0.2  # a machine that stops signals the process a moment before its warden
CHANNEL = 3
# Signals that come from outside; the kernel sends others for a fault of the program itself.
FROM_OUTSIDE = (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

CANCELLED = "cancelled"  # beside the values of core.gate.tools.Stopped
INTERRUPTED = "interrupted"
WAS_ASKED = "ended because that was asked for"
BY_SIGNAL = "ended by {name} from outside: this machine stops, or its memory ran out"
TOO_MUCH = "wrote more than {log_mb} MB"
NOT_KEPT = "its log could not be written: {reason}"


def main(folder: str, lock: str) -> None:
    """Run the order; ``lock`` is the descriptor of the folder's lock, which is ours from now on."""
    order = read_order()
    os.set_inheritable(int(lock), False)  # noqa: FBT003 (the function's own signature)
    _close_order()
    _keep(folder, OWNER, f"{os.getpid()}\n{processes.started(os.getpid())}\n{time.time()}")
    kernel.adopt_orphans()
    kernel.hide_process()
    company = _Detached(folder, order)
    verdict = company.judged(supervise(order, company))
    _keep(folder, RESULT, verdict.encode().decode())
    fcntl.flock(int(lock), fcntl.LOCK_UN)
    os._exit(0)  # without waiting for the thread of ``way``


def _close_order() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, CONTROL)
    os.close(nothing)


def _keep(folder: str, name: str, text: str) -> None:
    """Write a file that is whole or absent, also after a power cut."""
    draft = f"{folder}/{name}.draft"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    os.rename(draft, f"{folder}/{name}")


class _Detached(Company):
    """Keeps the process company without a worker: output goes to the log, signals end the run."""

    def __init__(self, folder: str, order: WardenOrder) -> None:
        self._folder = folder
        self._order = order
        self._room = order.log_mb * MB
        self._log = os.open(f"{folder}/{LOG}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._said, self._says = os.pipe()
        self._signals, self._wakes = os.pipe()
        self._channel: socket.socket | None = None
        self._inner: socket.socket | None = None
        if order.way:
            self._channel, self._inner = socket.socketpair()
        for descriptor in (self._signals, self._wakes):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wakes)
        for number in STOPS:
            signal.signal(number, _is_heard)

    def descriptors(self) -> list[int]:
        channel = [] if self._channel is None else [self._channel.fileno()]
        return [self._said, self._signals, *channel]

    def hear(self, descriptor: int) -> Breach | None:
        if descriptor == self._signals:
            return self._told()
        if descriptor == self._said:
            return self._write_down()
        self._open_way()
        return None

    def look(self) -> Breach | None:
        is_asked = os.path.exists(f"{self._folder}/{ASKED}")
        return (CANCELLED, WAS_ASKED) if is_asked else None

    def dress(self) -> int:
        """Give the process default signals, our pipe as its output, and the way on CHANNEL."""
        signal.set_wakeup_fd(-1)
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)
        os.dup2(self._says, 1)
        os.dup2(self._says, 2)
        if self._inner is None:
            return CHANNEL
        os.dup2(self._inner.fileno(), CHANNEL)
        os.set_inheritable(CHANNEL, True)  # noqa: FBT003 (it may have been that one before)
        return CHANNEL + 1

    def judged(self, verdict: WardenVerdict) -> WardenVerdict:
        """Correct the verdict for a signal from outside, or for too much output at the end."""
        too_much = self._last_words()
        if verdict.stopped:
            return verdict
        if too_much:
            return WardenVerdict(-kernel.KILL, verdict.seconds, *too_much)
        if verdict.code == 0:
            return verdict
        if -verdict.code in FROM_OUTSIDE:
            note = BY_SIGNAL.format(name=signal.Signals(-verdict.code).name)
            return WardenVerdict(verdict.code, verdict.seconds, INTERRUPTED, note)
        if select.select([self._signals], [], [], STOPPING_S)[0] and (told := self._told()):
            return WardenVerdict(verdict.code, verdict.seconds, *told)
        return verdict

    def _last_words(self) -> Breach | None:
        """Log what is left in the pipe: nobody writes to it any more."""
        os.set_blocking(self._said, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                if breach := self._write_down():
                    return breach
        return None

    def _told(self) -> Breach | None:
        numbers = [number for number in os.read(self._signals, BLOCK) if number in STOPS]
        if not numbers:
            return None
        return INTERRUPTED, BY_SIGNAL.format(name=signal.Signals(numbers[0]).name)

    def _write_down(self) -> Breach | None:
        """Log one block; the pipe has no end to read, as we hold its writing end, too."""
        data = os.read(self._said, BLOCK)
        is_full = len(data) > self._room
        data = data[: self._room]
        self._room -= len(data)
        try:
            while data:
                data = data[os.write(self._log, data) :]
        except OSError as error:
            return "disk", NOT_KEPT.format(reason=error.strerror)
        return ("output", TOO_MUCH.format(log_mb=self._order.log_mb)) if is_full else None

    def _open_way(self) -> None:
        """Pass on what comes to the listening socket; its slow imports are for such runs alone."""
        from adapters.sandbox.warden import way  # noqa: PLC0415

        assert self._channel is not None
        listener = way.receive(self._channel)
        self._channel.close()
        self._channel = None
        if listener is not None:
            way.pass_on(listener, self._order.way)


def _is_heard(number: int, frame: object) -> None:
    """Do nothing: the signal is read from the wakeup descriptor, which needs a handler."""
