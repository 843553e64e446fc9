"""The one identity: the real library against an endpoint of this machine that gives tokens."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from adapters.azure_identity import IdentitySettings, build
from core.errors import SettingsError, UnavailableError

CLIENT = "0f3b6f0e-8d4a-4c1b-9a55-3f6f7f7a1d11"
SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"


class Endpoint(ThreadingHTTPServer):
    """Gives tokens as the machines of Azure do, and notes what it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, list[str]]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/msi/token"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        self.server.asked.append(asked)
        number = len(self.server.asked)
        body: dict[str, Any] = {
            "access_token": f"token-{number}",
            "expires_on": str(int(time.time()) + 3600),
            "resource": asked["resource"][0],
            "token_type": "Bearer",
        }
        if self.server.status != 200:
            body = {"error": "no such identity", "secret": "planted-in-the-answer"}
        data = msgspec.json.encode(body)
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with Endpoint() as made:
        Thread(target=made.serve_forever, daemon=True).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", made.address)
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        yield made
        made.shutdown()


def test_the_identity_of_the_client_id_gives_a_token_and_it_is_kept(endpoint: Endpoint):
    identity = build(IdentitySettings(client=CLIENT))
    assert identity.token(SCOPE) == "token-1"
    assert identity.token(SCOPE) == "token-1"
    assert endpoint.asked[0]["client_id"] == [CLIENT]
    assert endpoint.asked[0]["resource"] == [SCOPE.removesuffix("/.default")]


def test_each_system_has_a_token_of_its_own(endpoint: Endpoint):
    identity = build(IdentitySettings(client=CLIENT))
    assert identity.token(SCOPE) != identity.token("https://servicebus.azure.net/.default")


def test_a_refusal_is_told_without_what_the_endpoint_said(endpoint: Endpoint):
    endpoint.status = 400
    with pytest.raises(UnavailableError, match="gets no token") as raised:
        build(IdentitySettings(client=CLIENT)).token(SCOPE)
    assert "planted" not in str(raised.value)
    assert CLIENT in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (IdentitySettings(), "SLUSS_IDENTITY is not set"),
        (IdentitySettings(client=CLIENT, secret="hunter22"), "SLUSS_IDENTITY_TENANT is not"),
    ],
)
def test_half_an_identity_is_refused(settings: IdentitySettings, says: str):
    with pytest.raises(SettingsError, match=says) as raised:
        build(settings)
    assert "hunter22" not in str(raised.value)
    assert "hunter22" not in repr(settings)
