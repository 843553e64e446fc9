"""The command line of bubblewrap, https://github.com/containers/bubblewrap, for the walls."""

from collections.abc import Iterator
from typing import Final

from workers.warden.order import LINK, READ_ONLY, WRITABLE, Mount, Walls

MB: Final = 1024 * 1024
OPTIONS: Final = {READ_ONLY: "--ro-bind", WRITABLE: "--bind", LINK: "--symlink"}


def argv(program: str, walls: Walls, tasks: int, command: list[str]) -> list[str]:
    """``prlimit`` goes between: outside, all processes of the user would count."""
    user = str(walls.user)
    network = ["--share-net"] if walls.has_network else []
    return [
        program,
        *("--unshare-all", *network, "--unshare-user", "--disable-userns"),
        *("--uid", user, "--gid", user, "--hostname", "sandbox"),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *(part for mount in walls.mounts for part in _mount(mount)),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(walls.shared_mb * MB), "--tmpfs", "/dev/shm"),  # noqa: S108 (its own)
        *("--remount-ro", "/dev", "--remount-ro", "/"),  # both are memory that nobody would see
        *("--remount-ro", "/proc"),  # a root outside may write there, capabilities or not
        *("--chdir", "/repo", "--"),
        *("prlimit", f"--nproc={tasks}:{tasks}", "--", *command),
    ]


def _mount(mount: Mount) -> Iterator[str]:
    yield from (OPTIONS[mount.kind], mount.source, mount.target)
