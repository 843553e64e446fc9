"""Reads single variables of the environment; what cannot be meant is refused in one sentence."""

import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from core.errors import SettingsError
from core.loopback import past_proxies

LAST_PORT: Final = 2**16 - 1

BAD_VARIABLE: Final = (
    "{name} is {value!r}, but {must}. Nothing was started; set it and start again."
)
NO_USER_HOME: Final = (
    "Nobody knows here which folder ~ is in {path}. Nothing was started; give a whole path with "
    "--home or SLUSS_HOME."
)
WEB: Final = (
    "it must be the address of a web server, as https://host/path, without '?' and '#', and with "
    "%20 for a space"
)

_ADDRESS: Final = re.compile(r"[^\s?#]+")
_HOST: Final = re.compile(r"[\w.-]+")
_NUMBERS: Final = re.compile(r"[0-9.]+")
_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_TOOLS: Final = re.compile(
    r"PATH|HOME|USER|LANG|LC_ALL|TMPDIR|TZ|SSL_CERT_(FILE|DIR)|(UV|PIP)_.*|XDG_.*"
    r"|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy"
)


def default_home(environ: Mapping[str, str]) -> Path:
    return named_folder(Path(environ.get("SLUSS_HOME") or "~/.sluss"))


def named_folder(path: Path) -> Path:
    """Return the path from the root on. Raise SettingsError for ``~`` where nobody has a home."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise SettingsError(NO_USER_HOME.format(path=path)) from None


def tool_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that installers and child processes may inherit."""
    inherited = {name: environ[name] for name in environ if _TOOLS.fullmatch(name)}
    return inherited | past_proxies(environ)


def port_of(name: str, value: str) -> int:
    if value.isdecimal() and len(value) <= len(str(LAST_PORT)) and 0 < int(value) <= LAST_PORT:
        return int(value)
    must = "a port is a number from 1 to 65535"
    raise SettingsError(BAD_VARIABLE.format(name=name, value=value, must=must))


def health_port(environ: Mapping[str, str], public: int) -> int:
    """Return the given port, or the one next to the public port."""
    name, beside = "SLUSS_HEALTH_PORT", public + (1 if public < LAST_PORT else -1)
    port = port_of(name, environ.get(name) or str(beside))
    if port != public:
        return port
    must = "that is SLUSS_PORT, and health has a port of its own"
    raise SettingsError(BAD_VARIABLE.format(name=name, value=str(port), must=must))


def web_address(name: str, environ: Mapping[str, str]) -> str:
    """Return the address of a web server, with login and path; "" where none is given."""
    value = environ.get(name, "")
    if not value:
        return ""
    try:
        found = urlsplit(value)
        is_web = found.scheme in ("http", "https")
        is_whole = is_web and _is_host(found.hostname or "") and found.port != 0
    except ValueError:
        is_whole = False
    if is_whole and _ADDRESS.fullmatch(value):
        return found.geturl().rstrip("/")
    hidden, _, rest = value.rpartition("@")  # what stands before may be a password
    shown = ("***@" if hidden else "") + re.split("[?#]", rest)[0]
    raise SettingsError(BAD_VARIABLE.format(name=name, value=shown, must=WEB))


def host_of(name: str, value: str) -> str:
    if _is_host(value):
        return value
    must = "it must be a name or an address of this machine"
    raise SettingsError(BAD_VARIABLE.format(name=name, value=value, must=must))


def _is_host(host: str) -> bool:
    """Tell whether it can be one: no part of a name is empty, and what is a number is whole."""
    try:
        host.encode("idna")
        if _NUMBERS.fullmatch(host):
            socket.inet_aton(host)
    except (UnicodeError, OSError):
        return False
    return ":" in host or bool(_HOST.fullmatch(host))


def url_of(host: str, port: int) -> str:
    """Return the address on this machine; a server that listens everywhere answers on loopback."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - told, not bound
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def boolean(name: str, value: str) -> bool:
    if value.casefold() in _BOOLEANS:
        return _BOOLEANS[value.casefold()]
    raise SettingsError(BAD_VARIABLE.format(name=name, value=value, must="it is true or false"))
