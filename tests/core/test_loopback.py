"""What belongs to this machine, and what only looks like it."""

from types import SimpleNamespace

import pytest

from core.loopback import READING, Door, is_loopback, is_own_host, past_proxies

HERE = "127.0.0.1:8100"
BOT, CHAT, PAGES = (
    Door(programs=True),
    Door(our_page=frozenset({"GET"}), programs=True),
    Door(our_page=READING | {"POST"}),
)
ALL = {BOT, CHAT, PAGES}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
OURS, SOCKET = {"Origin": f"http://{HERE}"}, {"Upgrade": "WebSocket"}


def asked(method, content_type="", headers=None, *, remote="127.0.0.1", host=HERE):
    return SimpleNamespace(
        method=method, content_type=content_type, headers=headers or {}, remote=remote, host=host
    )


REQUESTS = {
    "a look": (asked("GET"), ALL),
    "a program's JSON": (asked("POST", JSON), {BOT, CHAT}),
    "a program's form": (asked("POST", FORM), set()),
    "a program's socket": (asked("GET", headers=SOCKET), set()),
    "our page's look": (asked("GET", headers=OURS), {CHAT, PAGES}),
    "our page's socket": (asked("GET", headers={**OURS, **SOCKET}), {CHAT, PAGES}),
    "our page's form": (asked("POST", FORM, OURS), {PAGES}),
    "our page's JSON": (asked("POST", JSON, OURS), {PAGES}),
    "another page's form": (asked("POST", FORM, {"Origin": "http://evil.example"}), set()),
    "another page's socket": (
        asked("GET", "", {"Origin": "http://evil.example", **SOCKET}),
        set(),
    ),
    "another port's form": (asked("POST", FORM, {"Origin": "http://127.0.0.1:1"}), set()),
    "a hidden page's form": (asked("POST", FORM, {"Origin": "null"}), set()),
    "an empty origin": (asked("POST", FORM, {"Origin": ""}), set()),
    "an origin that is none": (asked("POST", FORM, {"Origin": "http://["}), set()),
    "a rebound name": (asked("GET", host="evil.example:8100"), set()),
    "no name": (asked("GET", host=""), set()),
    "another machine": (asked("GET", remote="10.0.0.7"), set()),
    "another machine's JSON": (asked("POST", JSON, remote="10.0.0.7"), set()),
    "nobody": (asked("GET", remote=None), set()),
}


@pytest.mark.parametrize(("request_", "doors"), REQUESTS.values(), ids=REQUESTS)
def test_each_door_lets_in_its_own(request_, doors):
    assert {door for door in ALL if door.lets_in(request_)} == doors


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


PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}
OURS = "localhost,127.0.0.1,127.0.0.0/8,::1"
EXCEPTED = [
    ({}, ""),
    ({"NO_PROXY": "bank.example"}, ""),
    ({"http_proxy": ""}, ""),
    (PROXY, OURS),
    ({"all_proxy": "socks5://proxy.example"}, OURS),
    ({**PROXY, "NO_PROXY": "bank.example, 10.0.0.0/8"}, f"bank.example,10.0.0.0/8,{OURS}"),
    ({**PROXY, "no_proxy": "a.example", "NO_PROXY": "b.example"}, f"b.example,a.example,{OURS}"),
    ({**PROXY, "no_proxy": "::1,"}, "::1,localhost,127.0.0.1,127.0.0.0/8"),
    ({**PROXY, "NO_PROXY": "*"}, "*"),
]


@pytest.mark.parametrize(("environ", "excepted"), EXCEPTED)
def test_no_proxy_leads_to_this_machine_and_what_a_person_excepted_stays(environ, excepted):
    found = past_proxies(environ)

    assert found == ({"NO_PROXY": excepted, "no_proxy": excepted} if excepted else {})
