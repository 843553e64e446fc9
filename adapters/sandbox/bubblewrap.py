"""The command line of bubblewrap, https://github.com/containers/bubblewrap, for the walls."""

from collections.abc import Iterator
from typing import Final

from adapters.sandbox.warden.limits import TASKS_SLACK
from adapters.sandbox.warden.order import LINK, READ_ONLY, WRITABLE, Mount, Order

MB: Final = 1024 * 1024
OPTIONS: Final = {READ_ONLY: "--ro-bind", WRITABLE: "--bind", LINK: "--symlink"}


def wrapped(order: Order, program: str, cwd: str) -> Order:
    """The walls are bubblewrap's business now, and it starts outside."""
    changes = {"argv": _argv(order, program), "cwd": cwd, "mounts": []}
    return Order(**{**vars(order), **changes})


def _argv(order: Order, program: str) -> list[str]:
    """``prlimit`` goes between: outside, all processes of the user would count.

    No ``--new-session``: the warden has made one, and another would not give way as that does.
    """
    user, tasks = str(order.user), order.tasks * TASKS_SLACK
    network = ["--share-net"] if order.has_network else []
    return [
        program,
        *("--unshare-all", *network, "--unshare-user", "--disable-userns"),
        *("--uid", user, "--gid", user, "--hostname", "sandbox"),
        *("--die-with-parent", "--cap-drop", "ALL"),
        *(part for mount in order.mounts for part in _option(mount)),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(order.shared_mb * MB), "--tmpfs", "/dev/shm"),  # noqa: S108 (its own)
        *("--remount-ro", "/dev", "--remount-ro", "/"),  # both are memory that nobody would see
        *("--remount-ro", "/proc"),  # a root outside may write there, capabilities or not
        *("--chdir", order.cwd, "--"),
        *("prlimit", f"--nproc={tasks}:{tasks}", "--", *order.argv),
    ]


def _option(mount: Mount) -> Iterator[str]:
    source, target, kind = mount
    yield from (OPTIONS[kind], source, target)
