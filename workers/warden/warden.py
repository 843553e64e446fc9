"""Starts the process, watches it until it ends or has to, and leaves nothing behind.

The order is a line on standard input; when that ends, whoever wants the answer is gone.
"""

import contextlib
import json
import os
import select
import sys
import time
from typing import Final

from workers.warden import kernel, limits, processes, walls
from workers.warden.order import Order, Verdict, order_from
from workers.warden.watch import Breach, Watch

CONTROL: Final = 0
LOOK_EVERY_MS: Final = 20
KILLED: Final = -9
SIGNALLED: Final = 128
CANNOT_START: Final = 127

LEFT_RUNNING: Final = "left {count} processes running, which were ended"


def main(descriptor: str) -> None:
    order = order_from(_read_line())
    answer = int(descriptor)
    os.set_inheritable(answer, False)  # noqa: FBT003 (the function's own signature)
    kernel.adopt_orphans()
    verdict = _run(order)
    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
        os.write(answer, json.dumps(verdict).encode())


def _read_line() -> bytes:
    """Unbuffered: nothing behind the line is waited for."""
    with os.fdopen(CONTROL, "rb", closefd=False) as control:
        return control.readline()


def _run(order: Order) -> Verdict:
    watch = Watch(order)
    child = os.fork()
    if child == 0:
        _become(order)
    try:
        code, breach = _attend(child, watch)
        seconds = time.monotonic() - watch.began
        left = [] if order.is_behind else processes.descendants()  # walls fall with what they hold
    finally:
        processes.end_all(child)
    if breach:
        return Verdict(KILLED, seconds, breach.stopped, (breach.note,))
    notes = (LEFT_RUNNING.format(count=len(left)),) if left else ()
    return Verdict(_signed(code, order), seconds, "", notes)


def _attend(child: int, watch: Watch) -> tuple[int, Breach | None]:
    """Its code when it has ended, or why it has to end."""
    ended = os.pidfd_open(child)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(CONTROL, select.POLLIN)
    try:
        while True:
            ready = [descriptor for descriptor, _ in poll.poll(LOOK_EVERY_MS)]
            if ended in ready:
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), None
            if CONTROL in ready:
                return KILLED, Breach("", "")
            if breach := watch.look():
                return KILLED, breach
    finally:
        os.close(ended)


def _signed(code: int, order: Order) -> int:
    return SIGNALLED - code if order.is_behind and code > SIGNALLED else code


def _become(order: Order) -> None:
    """Never returns: this is the child."""
    try:
        os.setsid()
        kernel.die_with_parent()
        os.dup2(os.open(order.stdin, os.O_RDONLY), CONTROL)
        if order.walls:
            walls.enter(order.walls)
        os.chdir(order.cwd)
        limits.apply(order)
        os.execvpe(order.argv[0], order.argv, order.env)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        sys.stderr.write(f"{error.filename or order.argv[0]}: {error.strerror}\n")
        sys.stderr.flush()
    finally:
        os._exit(CANNOT_START)
