"""What belongs to this machine alone: the test for everything that exists on one machine only."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """An address or ``localhost``; a name that merely resolves to this machine is not enough."""
    bare = host.strip("[]")
    if bare.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def is_own_host(header: str) -> bool:
    """The Host header names this machine; a rebound name of somebody's page does not."""
    try:
        return is_loopback(urlsplit(f"//{header}").hostname or "")
    except ValueError:
        return False
