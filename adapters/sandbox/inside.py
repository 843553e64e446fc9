"""What a run finds inside: its folders, the words and variables that name them, and the mounts.

The mounts are a white list of the paths of this machine that a process behind walls sees.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from adapters.sandbox.folder import SETTINGS, SandboxFolder
from adapters.sandbox.warden.order import LINK, READ_ONLY, WRITABLE, Mount
from core.gate.tools import (
    BIN,
    CACHE,
    MODEL_PYTHON,
    OUT,
    PYTHON,
    REPO,
    TEST_TOOLS,
    TOOL,
    ToolCommand,
)
from core.ports.sandbox import LongOrder, Places

ROOT: Final = Path(__file__).parents[2]
OUR_CODE: Final = ("core", "workers")
SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
LINKER: Final = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")
NETWORK_SETTINGS: Final = ("resolv.conf", "hosts", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs")
CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")

NO_PLACE: Final = "{path!r} is no absolute path of something on this machine; nothing was started"


class Inside(msgspec.Struct, frozen=True):
    """The paths by which the process finds its folders; behind walls they differ from ours."""

    repo: str
    out: str
    tmp: str
    home: str
    tool: str


BEHIND_WALLS: Final = Inside(repo="/repo", out="/out", tmp="/tmp", home="/home", tool="/tool")  # noqa: S108 (its own)


def as_it_is(folder: SandboxFolder) -> Inside:
    return Inside(
        str(folder.repo), str(folder.out), str(folder.tmp), str(folder.home), str(folder.tool)
    )


def words(inside: Inside, places: Places) -> dict[str, str]:
    """Return what each word in braces of a command or variable stands for in this run."""
    return {
        PYTHON: sys.executable,
        BIN: str(Path(sys.executable).parent),
        MODEL_PYTHON: places.model_python,
        TEST_TOOLS: places.test_tools,
        CACHE: places.cache,
        REPO: inside.repo,
        OUT: inside.out,
        TOOL: inside.tool,
    }


def fill_in(text: str, meanings: Mapping[str, str]) -> str:
    for word, meaning in meanings.items():
        text = text.replace(word, meaning)
    return text


def environment(
    env: Mapping[str, str], inside: Inside, meanings: Mapping[str, str]
) -> dict[str, str]:
    """Return all variables that the process gets; it inherits none."""
    own = {name: fill_in(value, meanings) for name, value in env.items()}
    home = {"HOME": inside.home, "TMPDIR": inside.tmp}
    return {"PATH": os.defpath, "LANG": "C.UTF-8", **home, **own}


def mounts_for_command(command: ToolCommand, places: Places, folder: SandboxFolder) -> list[Mount]:
    """Return the mounts of a command, which may have a cache and network, and sees our code."""
    own = (str(ROOT / name) for name in OUR_CODE)
    cache = [(places.cache, places.cache, WRITABLE)] if places.cache else []
    return _sorted(
        *_programs(_interpreters(places), own),
        *_network(command),
        *_folders(folder, repo=WRITABLE),
        *cache,
    )


def mounts_for_long_run(order: LongOrder, places: Places, folder: SandboxFolder) -> list[Mount]:
    """Return the mounts of a long run, which can change neither its files nor what it reads."""
    reads = ((str(Path(path).resolve()), path, READ_ONLY) for path in order.reads)
    return _sorted(*_programs(_interpreters(places), ()), *_folders(folder, repo=READ_ONLY), *reads)


def check_places(order: LongOrder) -> None:
    """Raise ValueError for a path that is not absolute and plain, or that is not there."""
    for path in filter(None, (*order.reads, order.model_python)):
        if "\0" in path or os.path.normpath(path) != path or not path.startswith("/"):
            raise ValueError(NO_PLACE.format(path=path))
        if path == "/" or not Path(path).exists():
            raise ValueError(NO_PLACE.format(path=path))


def _sorted(*mounts: Mount) -> list[Mount]:
    """Add the system's mounts, and sort: an outer folder must be mounted before an inner one."""
    found = {*_system(), *mounts}
    return sorted(found, key=lambda mount: (mount[1].count("/"), mount[1]))


def _system() -> Iterator[Mount]:
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            yield str(path.readlink()), str(path), LINK
        elif path.exists():
            yield str(path), str(path), READ_ONLY
    yield from _settings(LINKER)


def _settings(names: tuple[str, ...]) -> Iterator[Mount]:
    paths = (Path("/etc", name) for name in names)
    return ((str(path.resolve()), str(path), READ_ONLY) for path in paths if path.exists())


def _programs(*paths: Iterable[str]) -> Iterator[Mount]:
    together = [path for some in paths for path in some]
    return ((path, path, READ_ONLY) for path in _outermost(together))


def _interpreters(places: Places) -> Iterator[str]:
    """Give the folders of our interpreter and the model's, which keep their paths inside."""
    yield from _environment(Path(sys.executable))
    yield sys.base_prefix
    if places.model_python:
        yield from _environment(Path(places.model_python))
    if places.test_tools:
        yield places.test_tools


def _outermost(paths: Iterable[str]) -> list[str]:
    """Drop paths below others, and the root itself: an interpreter may lie in /bin."""
    found = list[str]()
    for path in sorted(set(paths) - {"/"}):
        if not found or not f"{path}/".startswith(f"{found[-1]}/"):
            found.append(path)
    return found


def _environment(python: Path) -> Iterator[str]:
    """Give the environment, its base installation, and the folders of the links between them."""
    yield str(python.parents[1])
    yield str(python.resolve().parents[1])
    while python.is_symlink():
        python = python.parent / python.readlink()
        yield os.path.normpath(python.parent)


def _network(command: ToolCommand) -> Iterator[Mount]:
    if not command.has_network:
        return
    yield from _settings(NETWORK_SETTINGS)
    for name in CERTIFICATES:
        path = command.env.get(name, "")
        if path and Path(path).exists():
            yield path, path, READ_ONLY


def _folders(folder: SandboxFolder, *, repo: str) -> Iterator[Mount]:
    inside = BEHIND_WALLS
    yield str(folder.tool), inside.tool, READ_ONLY
    yield str(folder.repo), inside.repo, repo
    for name in SETTINGS:
        yield str(folder.etc / name), f"/etc/{name}", READ_ONLY
    for source, target in (
        (folder.out, inside.out),
        (folder.tmp, inside.tmp),
        (folder.home, inside.home),
    ):
        yield str(source), target, WRITABLE
