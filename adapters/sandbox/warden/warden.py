"""Starts the process, watches it until it ends or must be ended, and leaves nothing behind.

The order comes on standard input; when that ends, the worker is gone or wants no answer.
"""

import contextlib
import os
import select
import sys
import time

from adapters.sandbox.warden import kernel, limits, processes, walls
from adapters.sandbox.warden.group import ControlGroup
from adapters.sandbox.warden.order import SIZE_BYTES, WardenOrder, WardenVerdict, decode
from adapters.sandbox.warden.watch import Breach, LimitWatch

CONTROL = 0
KILLED = -kernel.KILL
SIGNALLED = 128
CANNOT_START = 127

LEFT_RUNNING = "left processes running, which were ended: {count}"


class Company:
    """The one for whom the warden works; here it is a worker, at the other end of CONTROL."""

    def descriptors(self) -> list[int]:
        """Return the descriptors that the warden listens to."""
        return [CONTROL]

    def hear(self, descriptor: int) -> Breach | None:  # noqa: ARG002 (there is but one)
        """Read what has come; return why the process must end, or None."""
        return "", ""  # the worker is gone

    def look(self) -> Breach | None:
        """Return, at each look of the watch, why the process must end, or None."""
        return None

    def dress(self) -> int:
        """Set up descriptors in the new process, and return the first one to close."""
        return CONTROL + 3


def main(descriptor: str) -> None:
    order = read_order()
    answer = int(descriptor)
    os.set_inheritable(answer, False)  # noqa: FBT003 (the function's own signature)
    kernel.adopt_orphans()
    kernel.hide_process()
    verdict = supervise(order, Company())
    with contextlib.suppress(BrokenPipeError):  # the worker is gone
        os.write(answer, verdict.encode())


def read_order() -> WardenOrder:
    """Read the order; exit when its sender is gone before it is whole."""
    with open(CONTROL, "rb", closefd=False) as control:
        size = int.from_bytes(control.read(SIZE_BYTES), "big")
        data = control.read(size)
    if not size or len(data) < size:
        sys.exit(0)
    return decode(data)


def supervise(order: WardenOrder, company: Company) -> WardenVerdict:
    """Run the process to its end, and end all that it has started with it."""
    group = _make_group(order)
    watch = LimitWatch(order, group)
    child = os.fork()
    if child == 0:
        _become(order, group, company)
    try:
        code, breach = _attend(child, watch, company)
        seconds = time.monotonic() - watch.began
        # behind walls, all processes end with the first one
        left = [] if order.is_behind else processes.descendants()
    finally:
        processes.end_all(child)
        group.end()
    if breach:
        return WardenVerdict(KILLED, seconds, *breach)
    if order.is_behind and code > SIGNALLED:
        code = SIGNALLED - code
    note = LEFT_RUNNING.format(count=len(left)) if left else ""
    return WardenVerdict(code, seconds, "", note)


def _make_group(order: WardenOrder) -> ControlGroup:
    """Make the control group; where that fails, the watch alone holds the run to its limits."""
    group = limits.group(order)
    try:
        group.make()
    except OSError:
        order.groups = []
        return limits.group(order)
    return group


def _attend(child: int, watch: LimitWatch, company: Company) -> tuple[int, Breach | None]:
    """Return its exit code, or why it must end; output without end cannot put off a look."""
    ended = os.pidfd_open(child)
    next_look = time.monotonic() + watch.pause_s()
    try:
        while True:
            ready = _ready([ended, *company.descriptors()], next_look - time.monotonic())
            if ended in ready:
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), watch.last()
            for descriptor in ready:
                if (breach := company.hear(descriptor)) is not None:
                    return KILLED, breach
            if time.monotonic() >= next_look:
                if breach := watch.look() or company.look():
                    return KILLED, breach
                next_look = time.monotonic() + watch.pause_s()
    finally:
        os.close(ended)


def _ready(descriptors: list[int], wait_s: float) -> list[int]:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(max(0, int(wait_s * 1000) + 1))]


def _become(order: WardenOrder, group: ControlGroup, company: Company) -> None:
    """Become the program, in the child process; it never returns."""
    try:
        os.closerange(company.dress(), _most_descriptors())
        kernel.hide_process(is_hidden=False)
        os.setsid()
        kernel.die_with_parent()
        group.join(os.getpid())
        os.dup2(os.open(order.stdin, os.O_RDONLY), CONTROL)
        if order.mounts:
            walls.enter(order)
        os.chdir(order.cwd)
        limits.apply(order)
        os.execvpe(order.argv[0], order.argv, order.env)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        sys.stderr.write(f"{error.filename or order.argv[0]}: {error.strerror}\n")
        sys.stderr.flush()
    finally:
        os._exit(CANNOT_START)


def _most_descriptors() -> int:
    """Return the first number above all open descriptors: we may have inherited a high one."""
    return max(map(int, os.listdir("/proc/self/fd"))) + 1  # noqa: PTH208 (pathlib is slow)
