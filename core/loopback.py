"""What belongs to this machine alone: the test for everything that exists on one machine only.

Nobody is signed in at a door that stands here alone, so it asks each request where it comes from.
A browser on this machine carries other people's pages, too: a rebound name, a form, a script.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

READING = frozenset({"GET", "HEAD"})
PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
UNPROXIED: Final = "NO_PROXY"
OWN_NAMES: Final = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1")
EVERYTHING: Final = "*"


class Incoming(Protocol):
    """The part of a web framework's request that says where it comes from."""

    @property
    def remote(self) -> str | None: ...

    @property
    def host(self) -> str: ...

    @property
    def method(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def content_type(self) -> str: ...


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a door of this machine lets in; anybody here may read what needs no socket.

    ``our_page`` are the methods that a page of the same address may use. ``programs``: a program
    of this machine, such as our bot, may send JSON. No page can: its browser says its origin.
    """

    our_page: frozenset[str] = frozenset()
    programs: bool = False

    def lets_in(self, request: Incoming) -> bool:
        return is_from_here(request) and self._may_speak(request)

    def _may_speak(self, request: Incoming) -> bool:
        origin = request.headers.get("Origin")
        if origin is not None:
            return request.method in self.our_page and _host_of(origin) == request.host
        if request.headers.get("Upgrade", "").casefold() == "websocket":
            return False  # each browser names the page that opens one
        if request.method in READING:
            return True
        return self.programs and request.content_type == "application/json"


def is_from_here(request: Incoming) -> bool:
    """Whether it comes from this machine, and under its own name."""
    return is_loopback(request.remote or "") and is_own_host(request.host)


def is_loopback(host: str) -> bool:
    """Whether it is an address of ours or ``localhost``.

    A name that merely resolves to this machine is not enough.
    """
    bare = host.strip("[]")
    if bare.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def past_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep a program from asking this machine through a proxy.

    Without a proxy there are none. Whom a person has excepted stays so, in whichever case of the
    variable: programs read the one or the other.
    """
    if not any(environ.get(name) or environ.get(name.lower()) for name in PROXIES):
        return {}
    given = ",".join(environ.get(name, "") for name in (UNPROXIED, UNPROXIED.lower()))
    names = [name.strip() for name in given.split(",") if name.strip()]
    excepted = EVERYTHING if EVERYTHING in names else ",".join(dict.fromkeys((*names, *OWN_NAMES)))
    return {UNPROXIED: excepted, UNPROXIED.lower(): excepted}


def is_own_host(header: str) -> bool:
    """Whether the Host header names this machine; a rebound name of somebody's page does not."""
    try:
        return is_loopback(urlsplit(f"//{header}").hostname or "")
    except ValueError:
        return False


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
