"""How the organisation is reached: certificates, and addresses where nobody is."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings, Right
from adapters.mlflow.command import free_port
from core.errors import UnavailableError

HERE = "127.0.0.1"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate of this machine that no list of the world's authorities has, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HERE)])
    now, other = datetime.now(UTC), x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(other, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    words = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(pem)
    (tmp_path / "bank.pem").write_bytes(words)
    return tmp_path / "bank.pem"


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the shell of these tests trusts does not matter."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


class Down(BaseHTTPRequestHandler):
    """A server that has nothing for anybody so far."""

    def do_GET(self) -> None:
        self.send_error(503)

    def do_OPTIONS(self) -> None:
        self.do_GET()

    def log_message(self, *_words: object) -> None:
        """Keep the output of tests free of it."""


@pytest.fixture
def address(authority: Path) -> Iterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority)
    with ThreadingHTTPServer((HERE, 0), Down) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"https://{HERE}:{server.server_port}/Harbour"
        server.shutdown()
        thread.join()


async def said(address: str, way: str) -> str:
    client = AzureDevOps(AzureDevOpsSettings(address=address, token="token-of-sluss"))
    asked = (
        client.ask(Right.CODE, "look", lambda sdk: sdk.git.get_repositories())
        if way == "sdk"
        else client.rest.get(Right.CODE, "look", "_apis", "git", "repositories")
    )
    with pytest.raises(UnavailableError) as raised:
        await asked
    await client.close()
    return str(raised.value)


@pytest.mark.parametrize("way", ["sdk", "rest"])
async def test_a_certificate_that_is_not_trusted_is_named(address, way):
    assert "its certificate is not trusted" in await said(address, way)


async def test_the_authority_of_the_bank_is_trusted_where_openssl_is_told_of_it(
    address, authority, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert "HTTP 503" in await said(address, "sdk")


@pytest.mark.parametrize("way", ["sdk", "rest"])
async def test_an_address_where_nobody_is_may_be_a_wrong_one(way):
    told = await said(f"https://{HERE}:{free_port()}/Harbour", way)
    assert "No server is reached at the address of Azure DevOps" in told
    assert "SLUSS_AZURE_DEVOPS" in told
