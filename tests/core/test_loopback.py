"""What belongs to this machine, and what only looks like it."""

import pytest

from core.loopback import is_loopback, is_own_host


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"]
)
def test_this_machine_is_known_by_address_and_name(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.7", "::", "sluss.example", "localhost.evil.example"])
def test_everything_else_is_not_this_machine(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("header", "is_own"),
    [
        ("127.0.0.1:8080", True),
        ("localhost:8080", True),
        ("[::1]:8080", True),
        ("evil.example:8080", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.1@evil.example", False),
        ("[", False),
        ("", False),
    ],
)
def test_a_rebound_name_is_not_ours(header, is_own):
    assert is_own_host(header) is is_own
