"""The white list: what of this machine a process behind walls sees, and where."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from adapters.sandbox.placing import Inside
from adapters.sandbox.run_folder import SETTINGS, RunFolder
from adapters.sandbox.warden.order import LINK, READ_ONLY, WRITABLE, Mount
from core.gate.tools import Command
from core.ports.sandbox import Places

ROOT: Final = Path(__file__).parents[2]
OUR_CODE: Final = ("core", "workers")
SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
LINKER: Final = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")
NETWORK_SETTINGS: Final = ("resolv.conf", "hosts", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs")
CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
BEHIND_WALLS: Final = Inside(repo="/repo", out="/out", tmp="/tmp", home="/home", tool="/tool")  # noqa: S108 (its own)


def mounts(command: Command, places: Places, folder: RunFolder) -> list[Mount]:
    """Outer folders come before what lies in them."""
    found = [
        *_system(),
        *((path, path, READ_ONLY) for path in _outermost(_programs(places))),
        *_network(command),
        *_folders(folder),
    ]
    if places.cache and not command.runs_code:
        found.append((places.cache, places.cache, WRITABLE))
    return sorted(set(found), key=lambda mount: (mount[1].count("/"), mount[1]))


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


def _programs(places: Places) -> Iterator[str]:
    """Our interpreter, our code, and the model's environment, each at its own path."""
    yield from _environment(Path(sys.executable))
    yield sys.base_prefix
    yield from (str(ROOT / name) for name in OUR_CODE)
    if places.model_python:
        yield from _environment(Path(places.model_python))
    if places.test_tools:
        yield places.test_tools


def _outermost(paths: Iterable[str]) -> list[str]:
    """Never the root itself: an interpreter may lie in /bin."""
    found = list[str]()
    for path in sorted(set(paths) - {"/"}):
        if not found or not f"{path}/".startswith(f"{found[-1]}/"):
            found.append(path)
    return found


def _environment(python: Path) -> Iterator[str]:
    """The environment, the installation it was made from, and the folders of the links between."""
    yield str(python.parents[1])
    yield str(python.resolve().parents[1])
    while python.is_symlink():
        python = python.parent / python.readlink()
        yield os.path.normpath(python.parent)


def _network(command: Command) -> Iterator[Mount]:
    if not command.has_network:
        return
    yield from _settings(NETWORK_SETTINGS)
    for name in CERTIFICATES:
        path = command.env.get(name, "")
        if path and Path(path).exists():
            yield path, path, READ_ONLY


def _folders(folder: RunFolder) -> Iterator[Mount]:
    inside = BEHIND_WALLS
    yield str(folder.tool), inside.tool, READ_ONLY
    for name in SETTINGS:
        yield str(folder.etc / name), f"/etc/{name}", READ_ONLY
    for source, target in (
        (folder.repo, inside.repo),
        (folder.out, inside.out),
        (folder.tmp, inside.tmp),
        (folder.home, inside.home),
    ):
        yield str(source), target, WRITABLE
