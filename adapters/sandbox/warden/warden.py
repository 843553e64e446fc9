"""Starts the process, watches it until it ends or has to, and leaves nothing behind.

The order comes on standard input; when that ends, whoever wants the answer is gone.
"""

import contextlib
import os
import select
import sys
import time

from adapters.sandbox.warden import kernel, limits, processes, walls
from adapters.sandbox.warden.group import Group
from adapters.sandbox.warden.order import SIZE_BYTES, Order, Verdict, decode
from adapters.sandbox.warden.watch import Breach, Watch

CONTROL = 0
KILLED = -kernel.KILL
SIGNALLED = 128
CANNOT_START = 127

LEFT_RUNNING = "left {count} processes running, which were ended"


def main(descriptor: str) -> None:
    order = _read_order()
    answer = int(descriptor)
    os.set_inheritable(answer, False)  # noqa: FBT003 (the function's own signature)
    kernel.adopt_orphans()
    kernel.hide_process()
    verdict = _run(order)
    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
        os.write(answer, verdict.encode())


def _read_order() -> Order:
    """It ends early when whoever gives it is gone."""
    with open(CONTROL, "rb", closefd=False) as control:
        size = int.from_bytes(control.read(SIZE_BYTES), "big")
        data = control.read(size)
    if not size or len(data) < size:
        sys.exit(0)
    return decode(data)


def _run(order: Order) -> Verdict:
    group = _make_group(order)
    watch = Watch(order, group)
    child = os.fork()
    if child == 0:
        _become(order, group)
    try:
        code, breach = _attend(child, watch)
        seconds = time.monotonic() - watch.began
        left = [] if order.is_behind else processes.descendants()  # walls fall with what they hold
    finally:
        processes.end_all(child)
        group.end()
    if breach:
        return Verdict(KILLED, seconds, *breach)
    if order.is_behind and code > SIGNALLED:
        code = SIGNALLED - code
    return Verdict(code, seconds, "", LEFT_RUNNING.format(count=len(left)) if left else "")


def _make_group(order: Order) -> Group:
    """The watch is there without one, too."""
    group = limits.group(order)
    try:
        group.make()
    except OSError:
        order.groups = []
        return limits.group(order)
    return group


def _attend(child: int, watch: Watch) -> tuple[int, Breach | None]:
    """Its code when it has ended, or why it has to end."""
    ended = os.pidfd_open(child)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(CONTROL, select.POLLIN)
    try:
        while True:
            ready = [descriptor for descriptor, _ in poll.poll(watch.pause_ms())]
            if ended in ready:
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), watch.last()
            if CONTROL in ready:
                return KILLED, ("", "")
            if breach := watch.look():
                return KILLED, breach
    finally:
        os.close(ended)


def _become(order: Order, group: Group) -> None:
    """Never returns: this is the child."""
    try:
        os.closerange(CONTROL + 3, limits.OPEN_FILES)
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
